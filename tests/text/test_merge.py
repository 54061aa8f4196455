import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.merge import BrokenPlaceholder, MissingValue, parse

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
literals = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)
values = st.text(min_size=1).filter(str.strip)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Hi {{name}}!", "Hi Ama!"),
        ("Hi {{ name }}!", "Hi Ama!"),
        ("Hi {{\u00a0name\n}}!", "Hi Ama!"),
        ("{{name}}{{name}}", "AmaAma"),
        ("{{name|friend}}", "Ama"),
        ("Hi {{nobody|friend}}", "Hi friend"),
        ("Hi {{ nobody | dear friend }}!", "Hi dear friend!"),
        ("Hi{{nobody|}}!", "Hi!"),
        ("{{nobody|a|b}}", "a|b"),
        ("Hi {{blank|friend}}", "Hi friend"),
        ("{ {{name}} } {x} {", "{ Ama } {x} {"),
        ("{{name}}}", "Ama}"),
        ("{{Name}} {{nom_2}}", "Upper second"),
    ],
)
def test_placeholders_are_filled_in(text, rendered):
    known = {"name": "Ama", "blank": " ", "Name": "Upper", "nom_2": "second"}
    assert parse(text).render(known) == rendered


@given(literals)
def test_a_text_without_placeholders_stays_as_it_is(text):
    template = parse(text)
    assert template.is_plain
    assert template.variables == ()
    assert template.render({}) == text


@given(st.text(st.sampled_from("a{} "), max_size=12))
def test_single_braces_are_ordinary_text(text):
    if "{{" not in text and "}}" not in text:
        assert parse(text).render({}) == text


@given(st.lists(st.tuples(literals, names), max_size=4), literals, values)
def test_every_placeholder_gets_its_own_value(pieces, end, value):
    text = "".join(f"{literal}{{{{{name}}}}}" for literal, name in pieces) + end
    known = {name: value + name for _, name in pieces}
    expected = "".join(literal + known[name] for literal, name in pieces) + end
    assert parse(text).render(known) == expected


@given(st.text(st.sampled_from("{}|ab "), max_size=16))
def test_any_braces_are_read_or_refused_with_their_place(text):
    broken = _breakage(text)
    assert broken is None or text.startswith(broken.snippet, broken.position)
    assert broken is None or broken.snippet.startswith(("{{", "}}"))


def _breakage(text):
    try:
        template = parse(text)
    except BrokenPlaceholder as broken:
        return broken
    template.render(dict.fromkeys(template.variables, "x"))
    return None


def test_variables_come_in_order_of_first_appearance():
    template = parse("{{b}} {{a|x}} {{b|y}} {{c}}")
    assert template.variables == ("b", "a", "c")
    assert not template.is_plain


def test_a_value_is_never_read_as_a_template():
    assert parse("{{name}} {{x}}").render({"name": "{{x}}", "x": "1"}) == "{{x}} 1"


def test_every_missing_value_is_named_once():
    template = parse("{{city}} {{name}} {{city}} {{shop|ours}} {{day}}")
    with pytest.raises(MissingValue, match=r"no value for city, name") as caught:
        template.render({"name": " \n", "day": "Monday"})
    assert caught.value.names == ("city", "name")


def test_a_fallback_counts_only_where_it_stands():
    with pytest.raises(MissingValue, match="name"):
        parse("{{name|friend}} {{name}}").render({})


def test_a_template_is_rendered_many_times():
    template = parse("Hi {{name}}")
    assert [template.render({"name": name}) for name in ("Ama", "Kofi")] == ["Hi Ama", "Hi Kofi"]


@pytest.mark.parametrize(
    ("text", "position", "snippet"),
    [
        ("Hi {{", 3, "{{"),
        ("Hi {{ }}", 3, "{{ }}"),
        ("Hi {{a b}}", 3, "{{a b}}"),
        ("Hi }} there", 3, "}} there"),
        ("{{ok}} {{name}", 7, "{{name}"),
        ("{{a{{b}}}}", 0, "{{a{{b}}}}"),
        ("{{{name}}}", 0, "{{{name}}}"),
        ("{{name}}}}", 8, "}}"),
        ("{{1st}}", 0, "{{1st}}"),
        ("{{_x}}", 0, "{{_x}}"),
        ("{{prénom}}", 0, "{{prénom}}"),
        ("{{|x}}", 0, "{{|x}}"),
        ("{{a|{b}}}", 0, "{{a|{b}}}"),
        ("{{" + "x " * 50, 0, "{{" + "x " * 11),
    ],
)
def test_a_broken_placeholder_is_shown_with_its_place(text, position, snippet):
    with pytest.raises(BrokenPlaceholder, match=f"^Character {position + 1} ") as caught:
        parse(text)
    assert (caught.value.position, caught.value.snippet) == (position, snippet)
