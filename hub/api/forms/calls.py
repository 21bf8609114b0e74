"""The calls about forms; part of `hub/api/contract.py`."""

from typing import Final

from hub.api.call import PREFIX, Call
from hub.api.forms import shapes
from rooms.errors import ErrorCode

LEDGER_TYPE: Final = "application/jsonl"
PDF: Final = "application/pdf"
_NOTICE: Final = f"{PREFIX}/notices/{{notice}}"

SUBMISSION_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="submit",
        method="POST",
        path=f"{_NOTICE}/submissions",
        summary="Answer a form for a student, change the answer, or take it back",
        path_type=shapes.FormPath,
        body=shapes.NewSubmission,
        answer=shapes.SubmissionView,
        status=201,
        codes=(
            ErrorCode.NOT_FOUND,
            ErrorCode.FORBIDDEN,
            ErrorCode.CONFLICT,
            ErrorCode.TOO_LARGE,
            ErrorCode.RATE_LIMITED,
        ),
        creates=True,
        keeps_itself=True,
    ),
    Call(
        name="submissions",
        method="GET",
        path=f"{_NOTICE}/submissions",
        summary="A form, one's own part in it, and for staff how it stands with every student",
        path_type=shapes.FormPath,
        query=shapes.SubmissionsQuery,
        answer=shapes.FormView,
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="export_submissions",
        method="GET",
        path=f"{_NOTICE}/submissions/export",
        summary="All answers to a form as a table; for staff",
        path_type=shapes.FormPath,
        query=shapes.ExportQuery,
        media="application/octet-stream",
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="certificate",
        method="GET",
        path=f"{_NOTICE}/submissions/{{submission}}/certificate",
        summary="All that is told of one answer, to print; for who gave it and for staff",
        path_type=shapes.SubmissionPath,
        media=PDF,
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="ledger",
        method="GET",
        path=f"{_NOTICE}/ledger",
        summary="The ledger as a file that `madang ledger verify` reads; of others' answers the hashes alone",
        path_type=shapes.FormPath,
        media=LEDGER_TYPE,
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="ledger_head",
        method="GET",
        path=f"{_NOTICE}/ledger/head",
        summary="The end of the ledger, signed: whoever keeps it can tell later that nothing was rewritten",
        path_type=shapes.FormPath,
        answer=shapes.HeadView,
        codes=(ErrorCode.NOT_FOUND,),
    ),
)
