"""RQ's queues: what waits, what failed, what the sweep found."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flashsms.admin import bp
from flashsms.services.operations import failed_jobs, queues, sweeps
from flashsms.web import asking
from flashsms.web.pages import by_htmx


@bp.get("/queues")
def show_queues() -> ResponseReturnValue:
    """Show queues, workers, the sweep, and the jobs that failed, newest first."""
    shown = {"standing": queues.standing(), "sweeps": sweeps.read(), "late": sweeps.LATE}
    if by_htmx():
        return render_template("admin/queues/_standing.html", **shown)
    page = request.args.get("page", 1, type=int)
    return render_template("admin/queues/index.html", failed=failed_jobs.listed(page), **shown)


@bp.post("/queues/failed/<job_id>/retry")
def retry_job(job_id: str) -> ResponseReturnValue:
    """Let a failed job wait for a worker again."""
    failed_jobs.retry(job_id)
    flash("The job waits for a worker again.")
    return redirect(url_for(".show_queues"))


@bp.post("/queues/failed/retry")
def retry_jobs() -> ResponseReturnValue:
    """Let all failed jobs of a page wait for a worker again."""
    retried, gone = failed_jobs.retry_all(request.form.getlist("job"))
    others = f" {gone:,} were handled by somebody else meanwhile." if gone else ""
    flash(f"{retried:,} {'job waits' if retried == 1 else 'jobs wait'} for a worker again.{others}")
    return redirect(url_for(".show_queues"))


@bp.post("/queues/failed/<job_id>/discard")
def discard_job(job_id: str) -> ResponseReturnValue:
    """Forget a failed job, once the operator is sure."""
    if not asking.is_sure():
        return asking.ask(
            "Discard this job?",
            f"{job_id} and its traceback are deleted, and it is not tried again.",
            yes="Discard the job",
            back=url_for(".show_queues"),
            area="queues",
        )
    failed_jobs.discard(job_id)
    flash("The job was discarded.")
    return redirect(url_for(".show_queues"))
