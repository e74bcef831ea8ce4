"""Files that a page had made, handed over in pieces: whoever has the address, for as long as the file is kept."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from core import wiring
from core.errors import NotFound

KINDS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


async def read(request: Request) -> Response:
    """The file, as a download. Errors: `NotFound`, the same for one that never was and one past its hour."""
    export = wiring.current().exports.find(request.path_params["secret"])
    if export.state != "ready":
        raise NotFound("This export is not ready. Look at the page Runs how far it is.")
    return FileResponse(
        export.file,
        media_type=KINDS[export.format],
        filename=f"runs.{export.format}",
        headers={"Cache-Control": "no-store"},
    )
