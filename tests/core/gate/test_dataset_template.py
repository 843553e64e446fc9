"""The dataset template is read strictly, and every refusal says where and what to do."""

import pytest

from core.gate.dataset_template import EXAMPLE, DatasetTemplateError, TableSource, parse


def test_files_and_tables_are_told_apart():
    template = parse(EXAMPLE)
    assert template.tables == (
        TableSource(name="applications", file="data/applications.csv", line=2),
        TableSource(name="customers", table="risk.loans.customers", line=3),
        TableSource(name="payments", table="risk.loans.payments", file="data/payments.csv", line=4),
    )
    assert template.parameters == {"seed": 7}


@pytest.mark.parametrize("file", ["flat.CSV", "flat.parquet", "flat.json", "data/no_ending"])
def test_a_file_is_known_by_its_folder_or_its_ending(file: str):
    assert parse(f"tables: {{a: {file}}}").tables[0].file == file


@pytest.mark.parametrize("text", ["tables:\n", "parameters:\n", "tables: {}\nparameters: {}\n"])
def test_a_model_may_need_no_table_and_no_parameter(text: str):
    assert parse(text).tables == ()
    assert parse(text).parameters == {}


def test_parameters_are_plain_values():
    template = parse(
        "parameters: {a: 1, b: 2.5, c: text, d: [1, {e: null}], f: true, g: 2026-01-31}"
    )
    assert template.parameters == {
        "a": 1,
        "b": 2.5,
        "c": "text",
        "d": [1, {"e": None}],
        "f": True,
        "g": "2026-01-31",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("- a\n", "is no mapping"),
        ("tables: [a]\n", "no names under 'tables'"),
        ("tables: {a: b.c}\nmore: 1\n", "(line 2) has the unknown key 'more'"),
        ("tables: {a: }\n", "no source for the table 'a'"),
        ("tables: {a: ''}\n", "no source for the table 'a'"),
        ("tables: {a: {}}\n", "no source for the table 'a'"),
        ("tables: {a: [b]}\n", "no source for the table 'a'"),
        ("tables:\n  a: {path: b}\n", "(line 2) has 'path' in table 'a'"),
        ("tables:\n  a: {file: [b]}\n", "has 'file' in table 'a'"),
        ("tables:\n  a-b: c.csv\n", "calls a table 'a-b'"),
        ("tables:\n  a: b.csv\n  a: c.csv\n", "(line 3) has 'a' twice"),
        ("parameters: [1]\n", "no names under 'parameters'"),
        ("parameters: {a: .nan}\n", "'a' that cannot be read"),
        ("parameters: {a: 2026-13-45}\n", "'a' that cannot be read"),
        ("parameters: {a: {1: 2}}\n", "'a' that cannot be read"),
        ("parameters: {a: !!binary aGk=}\n", "'a' that cannot be read"),
        ("parameters: {a: !!python/name:os.system }\n", "has the tag"),
        ("parameters: {a: &x [1], b: *x}\n", "uses a YAML alias"),
        ("tables: [\n", "is not valid YAML"),
        ("[" * 10_000, "nested deeper"),
        ("tables: \0\n", "is not valid YAML"),
    ],
)
def test_a_wrong_template_is_refused_with_what_to_do(text: str, said: str):
    with pytest.raises(DatasetTemplateError) as refused:
        parse(text)
    assert said in str(refused.value)
    assert "Nothing was run; " in str(refused.value)
