"""`hawk ask` and `hawk answer`: questions to who asked for a request, and their answers, on the record."""

from typing import Annotated

import typer

from cli.approvals import WorkflowArgument
from cli.output import JsonOption, fail, print_json, tell
from cli.people import Person, by_person
from cli.wording import Document, plain

QuestionArgument = Annotated[str, typer.Argument(metavar="TEXT", help="The question, for card and trail.")]
AnswerArgument = Annotated[str, typer.Argument(metavar="TEXT", help="The answer; it stands.")]
NumberOption = Annotated[
    int | None,
    typer.Option("--question", metavar="N", min=1, help="Which question. Without it: the only open one."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(ask)
    app.command()(answer)


@by_person
def ask(person: Person, workflow: WorkflowArgument, question: QuestionArgument, as_json: JsonOption = False) -> None:
    """Ask who asked for a request. The deadline goes on, and others may decide.

    Exit status 1 when the approval service refuses; the reason is printed.
    \f

    Raises:
        typer.BadParameter: the question is blank.
    """
    with person.deciding() as service:
        card = service.ask(workflow, _said(question, "question"))
    _show(card, as_json=as_json)


@by_person
def answer(
    person: Person,
    workflow: WorkflowArgument,
    text: AnswerArgument,
    number: NumberOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question about a request of one's own.

    Exit status 1 when the approval service refuses; the reason is printed.
    \f

    Raises:
        typer.BadParameter: the answer is blank.
    """
    said = _said(text, "answer")
    with person.deciding() as service:
        chosen = number or _open(service.card(workflow))
        card = service.answer(workflow, chosen, said)
    _show(card, as_json=as_json)


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise typer.BadParameter(f"the {what} is blank.")
    return text.strip()


def _open(card: Document) -> int:
    """Return the number of the only question that is open; end the command where there is none, or several."""
    numbers = [each["number"] for each in card["questions"] if each["answer"] is None]
    if not numbers:
        fail("No question about this request is open.")
    if len(numbers) > 1:
        fail(f"Questions {', '.join(map(str, numbers))} are open: name one with --question.")
    return int(numbers[0])


def _show(card: Document, *, as_json: bool) -> None:
    if as_json:
        print_json(card)
        return
    for each in card["questions"]:
        tell(f"{each['number']}. {plain(each['person'])} ({each['role']}): {plain(each['question'])}")
        if each["answer"] is None:
            tell(("   not answered yet", "yellow"))
        else:
            tell(f"   {plain(each['answered_by'])}: {plain(each['answer'])}")
