import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.merge import (
    BUILT_IN,
    BrokenPlaceholder,
    MissingValue,
    PlaceholderError,
    UnknownPlaceholder,
    parse,
)

built_in = {"firstname", "lastname", "name", "phone", "email"}
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name in BUILT_IN or name.replace("_", "").lower() not in built_in
)
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
        ("{{Nom}} {{nom_2}}", "Upper second"),
    ],
)
def test_placeholders_are_filled_in(text, rendered):
    known = {"name": "Ama", "blank": " ", "Nom": "Upper", "nom_2": "second"}
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


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_variables_are_read_as_they_are_spelt(name):
    assert parse(f"Hi {{{{{name}}}}}").variables == (name,)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("firstname", "firstName"),
        ("FirstName", "firstName"),
        ("first_name", "firstName"),
        ("FIRST__NAME_", "firstName"),
        ("last_Name", "lastName"),
        ("Name", "name"),
        ("PHONE", "phone"),
        ("e_mail", "email"),
    ],
)
def test_a_misspelt_built_in_variable_is_refused_with_its_place_and_spelling(name, right):
    with pytest.raises(UnknownPlaceholder) as caught:
        parse(f"Hi {{{{ {name} | friend }}}}")
    assert str(caught.value) == f"Character 4: there is no {{{{{name}}}}}; write {{{{{right}}}}}."
    assert (caught.value.position, caught.value.name) == (3, name)


@pytest.mark.parametrize("name", ["firstNames", "fname", "phone2", "names", "mail"])
def test_a_name_that_only_resembles_a_built_in_variable_is_read_as_another(name):
    assert parse(f"{{{{{name}}}}}").variables == (name,)


@pytest.mark.parametrize(("text", "position"), [("é {{PHONE}} {{", 2), ("é {{ {{PHONE}}", 2)])
def test_the_first_of_several_refused_placeholders_is_the_one_named(text, position):
    with pytest.raises(PlaceholderError) as caught:
        parse(text)
    assert caught.value.position == position


def test_a_bound_value_is_text_and_the_rest_waits_for_the_reader():
    bound = parse("{{shop|us}}: hi {{name}}, {{day}} at {{shop}}{{x|}}").bind(
        {"shop": "{{name}}", "day": " ", "x": "!"}
    )
    assert bound.literals == ("{{name}}: hi ", ", ", " at {{name}}!")
    assert bound.variables == ("name", "day")
    rendered = bound.render({"name": "Ama", "day": "noon", "shop": "no"})
    assert rendered == "{{name}}: hi Ama, noon at {{name}}!"


def test_a_fallback_outlives_a_binding_that_has_no_value():
    bound = parse("Hi {{name|friend}} of {{city}}").bind({"city": "Ho", "name": "\n"})
    assert bound.render({}) == "Hi friend of Ho"
    assert bound.render({"name": "Ama"}) == "Hi Ama of Ho"


def test_a_fully_bound_template_is_plain():
    bound = parse("{{a}}{{b}} {{a}}").bind({"a": "1", "b": "2"})
    assert bound.is_plain
    assert bound.literals == ("12 1",)
    assert bound.render({}) == "12 1"


def test_binding_leaves_the_template_itself_alone():
    template = parse("Hi {{name}}")
    template.bind({"name": "Ama"})
    assert template.render({"name": "Kofi"}) == "Hi Kofi"


@given(st.lists(st.tuples(literals, names), max_size=4), st.sets(st.integers(0, 3)), values)
def test_binding_some_and_rendering_the_rest_is_rendering_all(pieces, early, value):
    template = parse("".join(f"{literal}{{{{{name}}}}}" for literal, name in pieces))
    known = {name: value + name for _, name in pieces}
    first = {name: known[name] for index, (_, name) in enumerate(pieces) if index in early}
    later = {name: known[name] for name in known if name not in first}
    assert template.bind(first).variables == tuple(later)
    assert template.bind(first).render(later) == template.render(known)


def test_missing_values_are_named_in_order_without_raising():
    template = parse("{{city}} {{name}} {{city}} {{shop|ours}} {{day}} {{name|you}}")
    assert template.missing({"name": " \n", "day": "Monday"}) == ("city", "name")
    assert template.missing({"city": "Ho", "name": "Ama", "day": "Monday"}) == ()


few = st.sampled_from("abcd")


@given(st.lists(st.tuples(few, st.booleans()), max_size=5), st.dictionaries(few, values))
def test_a_template_renders_exactly_when_nothing_is_missing(fields, known):
    spare = {True: "|x", False: ""}
    template = parse("".join(f"{{{{{name}{spare[has_one]}}}}}" for name, has_one in fields))
    lacking = [name for name, has_one in fields if not has_one and name not in known]
    assert template.missing(known) == tuple(dict.fromkeys(lacking))
    if lacking:
        with pytest.raises(MissingValue) as caught:
            template.render(known)
        assert caught.value.names == template.missing(known)
    else:
        assert template.render(known) == "".join(known.get(name, "x") for name, _ in fields)


def test_a_variable_is_found_where_it_first_stood_in_the_parsed_text():
    template = parse("é😀 {{city}} {{ name }} {{city|Ho}}")
    assert template.position_of("city") == 3
    assert template.position_of("name") == 12
    assert template.bind({"city": "Kumasi"}).position_of("name") == 12
    with pytest.raises(KeyError):
        template.position_of("day")


def test_a_partly_bound_text_can_be_written_again() -> None:
    template = parse("Hi {{ firstName | there }}, {{code}} from {{shop}}")
    assert template.text == "Hi {{firstName|there}}, {{code}} from {{shop}}"
    assert template.bind({"code": "12"}).text == "Hi {{firstName|there}}, 12 from {{shop}}"
    assert parse("no marks").text == "no marks"
