import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.tables import (
    BLOCK_SIZE,
    LONGEST_ROW,
    MOST_CELLS,
    MOST_LINES,
    read_rows,
    sniff_delimiter,
    sniff_encoding,
    transcode,
)

TABLE = "Téléphone\tName\n0241234567\tAma €5\n0201234567\tKofi\n"
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
tables = st.lists(st.lists(cells, min_size=1, max_size=5), max_size=8)
messy = st.text(st.sampled_from('",;\n\r a\x00é'), max_size=60)
block_sizes = st.integers(1, 40)


def blocks_of(data, size=7):
    return [data[start : start + size] for start in range(0, len(data), size)]


def converted(data, size=7):
    blocks = blocks_of(data, size)
    return b"".join(transcode(blocks, sniff_encoding(blocks)))


def contents(data, delimiter=","):
    return [row.cells for row in read_rows(blocks_of(data), delimiter)]


def outcomes(data, size, delimiter=","):
    return [(row.cells, row.problem) for row in read_rows(blocks_of(data, size), delimiter)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TABLE.encode("utf-8"), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (TABLE.encode("cp1252"), "cp1252"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_table_is_read_in_the_encoding_it_was_saved_in(data, encoding, size):
    assert sniff_encoding(blocks_of(data, size)) == encoding
    assert converted(data, size).decode() == TABLE


def test_the_unicode_text_of_excel_becomes_rows():
    data = converted(b"\xff\xfe" + TABLE.replace("\n", "\r\n").encode("utf-16-le"))
    assert contents(data, sniff_delimiter(data.decode())) == [
        ["Téléphone", "Name"],
        ["0241234567", "Ama €5"],
        ["0201234567", "Kofi"],
    ]


def test_a_file_without_content_is_utf8():
    assert sniff_encoding([]) == sniff_encoding([b""]) == "utf-8"
    assert converted(b"") == b""


def test_one_byte_far_down_the_file_decides_against_utf8():
    assert sniff_encoding([b"0241234567,Ama\n" * 1000, b"Andr\xe9\n"]) == "cp1252"


def test_a_character_cut_off_at_the_end_is_not_utf8():
    assert sniff_encoding(["Andr\u00e9".encode()[:-1]]) == "cp1252"


def test_a_few_nul_characters_do_not_make_utf16():
    assert sniff_encoding([b"0241234567,Ama\0\n0201234567,Kofi\n" * 9]) == "utf-8"


def test_a_nul_character_survives():
    assert b"".join(transcode([b"A\0ma"], "utf-8")) == b"A\0ma"
    assert contents(b"A\0ma,024\n") == [["A\0ma", "024"]]


def test_bytes_without_a_meaning_become_replacement_characters():
    assert converted(b"Andr\xe9 \x81\x9d\n").decode() == "André \ufffd\ufffd\n"
    broken_utf16 = b"\xff\xfe" + "A".encode("utf-16-le") + b"\x00\xd8B\x00"
    assert converted(broken_utf16).decode() == "A\ufffdB"


def test_transcoded_blocks_have_the_same_size_whatever_comes_in():
    blocks = [*transcode([b"\x80" * 100_000] * 5, "cp1252")]
    assert {len(block) for block in blocks[:-1]} == {BLOCK_SIZE}
    assert b"".join(blocks) == "€".encode() * 500_000


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]), block_sizes)
def test_any_unicode_text_comes_through(text, encoding, size):
    blocks = blocks_of(text.encode(encoding), size)
    assert b"".join(transcode(blocks, encoding)).decode() == text


@given(st.binary(max_size=200), block_sizes)
def test_any_bytes_become_utf8(data, size):
    converted(data, size).decode()


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("phone,name\n024,Ama\n", ","),
        ("phone;name\r\n024;Ama\r\n", ";"),
        ("phone\tname\r024\tAma\r", "\t"),
        ("phone|name\n024|Ama\n", "|"),
        ("024;Ama;12,50\n020;Kofi;3,00\n", ";"),
        ("024;12,50\n020;3,00\n", ";"),
        ('024;"Mensah, Ama, Accra"\n020;"Osei, Kofi, Tema"\n', ";"),
        ('"Mensah; Ama",024\n"Osei; ""Kofi; K""",020\n', ","),
        ('024;"12, High Street\nOsu, Accra, Ghana"\n020;"1, Road, Ho"\n', ";"),
        ("name;phone;note\nAma;024;\nKofi;020;a, b, c, d, e, f\n", ";"),
        ("024,Ama\n020,Kofi,late,often\n027,Esi,new; old\n\n026,Yaw,a,b,c\n", ","),
        ("Customers of March\nphone,name\n024,Ama\n020,Kofi\n", ","),
        ("sep=;\na,b,c\nd,e,f\n", ";"),
        ("\ufeffSEP=|\r\na,b\r\n", "|"),
        ('"sep=;"\ra,b\r', ";"),
        ("sep=\t\na,b\n", "\t"),
        ("phone\n024\n020\n", ","),
        ("024,Ama", ","),
        ("024;Ama\n020,this;line;is;cut", ";"),
        ("", ","),
        ("\n \n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_the_records_agree_on(sample, delimiter):
    assert sniff_delimiter(sample) == delimiter


@given(st.lists(st.text(st.sampled_from("ab 1,."), min_size=1), min_size=2, max_size=6))
def test_quoted_cells_never_count_for_the_delimiter(row):
    line = ";".join(f'"{cell}"' for cell in row)
    assert sniff_delimiter(f"{line}\n" * 3) == ";"


def test_rows_tell_where_they_begin_and_end():
    data = 'phone,name\r\n\r\n024,"Ama\r\nMensah"\r\n , \r\n020,Ésí\r\n'.encode()
    rows = [*read_rows([data], ",")]
    assert [(row.line, row.cells) for row in rows] == [
        (1, ["phone", "name"]),
        (3, ["024", "Ama\r\nMensah"]),
        (6, ["020", "Ésí"]),
    ]
    assert [row.end for row in rows] == [12, 33, len(data)]
    assert {row.problem for row in rows} == {None}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_all_line_ends_are_read_wherever_the_blocks_divide(end, size):
    data = f'024,"a{end}{end}b"{end}{end}020,c{end}027,"d"'.encode()
    rows = [(row.line, row.cells) for row in read_rows(blocks_of(data, size), ",")]
    assert rows == [(1, ["024", f"a{end}{end}b"]), (5, ["020", "c"]), (6, ["027", "d"])]


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b" , ,\n", b',"",\n', b"\t"])
def test_a_table_of_blank_rows_has_none(data):
    assert contents(data) == []


@pytest.mark.parametrize("line", [b"sep=;", b'"sep=;"', b"SEP=;", b"sep=,", b"sep=\t"])
def test_the_line_that_names_the_delimiter_is_no_row(line):
    assert contents(line + b"\r\n024;Ama\r\n", ";") == [["024", "Ama"]]


def test_a_quote_within_a_cell_does_no_harm():
    data = b'"Ama" Mensah,024\n5" pipe,020\n"a"b,"c, d"\n"say ""hi""",027\n'
    assert contents(data) == [
        ["Ama Mensah", "024"],
        ['5" pipe', "020"],
        ["ab", "c, d"],
        ['say "hi"', "027"],
    ]


@pytest.mark.parametrize("bad", [0, 5000, 9998, 9999])
@pytest.mark.parametrize("pattern", ["024{:06d},Row {}\n", '"024{:06d}","Row {}"\n'])
def test_an_unclosed_quote_costs_only_its_own_row(bad, pattern):
    lines = [pattern.format(number, number) for number in range(10_000)]
    lines[bad] = f'0201234567,"Row {bad}\n'
    rows = [*read_rows(["".join(lines).encode()], ",")]
    assert [row.line for row in rows] == [*range(1, 10_001)]
    assert [row.line - 1 for row in rows if row.problem] == [bad]
    assert rows[bad].cells == []
    assert "quotation mark" in rows[bad].problem
    good = [row.cells for row in rows if row.problem is None]
    numbers = [number for number in range(10_000) if number != bad]
    assert good == [[f"024{number:06d}", f"Row {number}"] for number in numbers]


def test_two_unclosed_quotes_do_not_close_each_other():
    rows = [*read_rows([b'"Ama,024\nEsi,020\n"Yaw,027\nAfia,026\n'], ",")]
    assert [row.line for row in rows if row.problem] == [1, 3]
    assert [row.cells for row in rows if not row.problem] == [["Esi", "020"], ["Afia", "026"]]


def test_a_quote_that_is_closed_too_late_is_not_followed():
    closed = b'024,"a' + b"\n" * (MOST_LINES - 1) + b'b"\n'
    assert [row.problem for row in read_rows([closed], ",")] == [None]
    late = b'024,"a' + b"\n" * MOST_LINES + b'b"\n'
    assert [row.line for row in read_rows([late], ",") if row.problem] == [1]


@pytest.mark.parametrize("size", [1000, LONGEST_ROW, 10_000_000])
def test_a_line_that_is_too_long_is_reported_and_passed_over(size):
    allowed = b"024," + b"a" * (LONGEST_ROW - 5) + b"\n"
    long = b"020," + b'b"' * LONGEST_ROW + b"\r\n"
    data = allowed + long + b"027,Esi\n" + long
    rows = [*read_rows(blocks_of(data, size), ",")]
    assert [(row.line, row.cells[:1]) for row in rows] == [
        (1, ["024"]),
        (2, []),
        (3, ["027"]),
        (4, []),
    ]
    assert [row.end for row in rows][1:] == [len(allowed + long), len(data) - len(long), len(data)]
    assert (
        rows[1].problem
        == rows[3].problem
        == "This row is longer than 64 KB. Shorten it or leave it out."
    )


def test_a_long_line_within_quotes_is_reported_after_its_opening():
    long = b"x" * (LONGEST_ROW * 3)
    rows = [*read_rows(blocks_of(b'024,"a\nb,020\n' + long + b"\nc,027\n", 50_000), ",")]
    assert [(row.line, row.cells) for row in rows] == [
        (1, []),
        (2, ["b", "020"]),
        (3, []),
        (4, ["c", "027"]),
    ]


def test_a_row_with_too_many_cells_is_reported():
    full, over = b"a," * (MOST_CELLS - 1) + b"a\n", b"a," * MOST_CELLS + b"a\n"
    rows = [*read_rows([full + over + b"024\n"], ",")]
    assert [len(row.cells) for row in rows] == [MOST_CELLS, 0, 1]
    assert rows[1].problem == (
        "This row has more than 200 cells. Remove the columns you do not need."
    )


def test_the_limits_of_other_csv_readers_stay_as_they_are():
    before = csv.field_size_limit()
    assert next(read_rows([b'"' + b"a" * 200_000], ",")).problem
    assert csv.field_size_limit() == before


@given(tables, st.sampled_from(",;\t|"), block_sizes, st.sampled_from(["\r\n", "\n", "\r"]))
def test_any_written_table_is_read_back_equal_from_every_end(table, delimiter, size, line_end):
    written = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(
        table
    )
    data = written.getvalue().encode()
    rows = [*read_rows(blocks_of(data, size), delimiter)]
    assert [row.cells for row in rows] == [row for row in table if any(map(str.strip, row))]
    for index, row in enumerate(rows):
        assert outcomes(data[row.end :], size, delimiter) == [
            (r.cells, None) for r in rows[index + 1 :]
        ]


@given(messy, block_sizes, block_sizes)
def test_any_text_is_read_alike_from_every_end_and_in_any_blocks(text, size, other_size):
    data = text.encode()
    rows = [*read_rows(blocks_of(data, size), ",")]
    assert rows == [*read_rows(blocks_of(data, other_size), ",")]
    for index, row in enumerate(rows):
        rest = [(other.cells, other.problem) for other in rows[index + 1 :]]
        assert outcomes(data[row.end :], size) == rest


@given(messy)
def test_every_row_begins_at_its_line_and_ends_behind_the_one_before(text):
    data = text.encode()
    rows = [*read_rows([data], ",")]
    ends = [0, *(row.end for row in rows)]
    assert ends == sorted(set(ends))
    assert ends[-1] <= len(data)
    lines = data.splitlines(keepends=True)
    for row in rows:
        again = next(read_rows(lines[row.line - 1 :], ","))
        assert again._replace(end=0) == row._replace(end=0, line=1)


def test_fifty_megabytes_cost_a_few():
    def read_everything():
        source = transcode(large_table(), sniff_encoding(large_table()))
        assert sum(1 for row in read_rows(source, ";") if row.problem is None) == 200 * 320

    assert sum(map(len, large_table())) > 50_000_000
    assert peak_while(read_everything) < 8_000_000


@pytest.mark.parametrize("piece", [b"x", b'","', b"\n", b"a\n", b"\0"])
def test_a_table_that_is_no_table_costs_no_more(piece):
    def read_everything():
        blocks = (piece * (BLOCK_SIZE // len(piece)) for _ in range(2))
        assert all(row.problem or len(row.cells) == 1 for row in read_rows(blocks, ","))

    assert peak_while(read_everything) < 8_000_000


def large_table():
    """200 blocks of 320 rows in cp1252."""
    for number in range(200):
        yield b"".join(
            b'024%07d;"%s";"Andr\xe9\r\n%s"\r\n' % (number, b"a" * 400, b"b" * 375)
            for _ in range(320)
        )


def peak_while(action):
    """The bytes that Python held at most while it ran the action."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
