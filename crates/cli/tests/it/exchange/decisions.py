"""An evaluator of DMN decision tables, written from the specification's text alone
(https://www.omg.org/spec/DMN/1.5, chapters 8 and 10): it shares nothing with Gradus.

    decisions.py FILE.dmn GRADED.csv

evaluates every decision table of the file on the fields of every row of the graded file, and compares with
the column of the decision's name. Prints one JSON object.
"""

import csv
import json
import re
import sys
import xml.etree.ElementTree as tree


def tag(element):
    return element.tag.rpartition("}")[2]


def all_of(element, name):
    return [child for child in element if tag(child) == name]


def text_of(element):
    found = all_of(element, "text")
    return (found[0].text or "").strip() if found else ""


def literal(text):
    text = text.strip()
    if text == "null":
        return None
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"'):
        return json.loads(text)
    return float(text)


def parts(text):
    """Between commas outside of quotes and brackets."""
    found, part, quoted, depth = [], "", False, 0
    for c in text:
        if c == '"':
            quoted = not quoted
        if not quoted:
            depth += (c in "([") - (c in ")]")
        if c == "," and not quoted and depth == 0:
            found.append(part)
            part = ""
        else:
            part += c
    return [*found, part]


def holds(cell, value):
    """FEEL's unary tests: what compares null with a number is null, and null is not true."""
    cell = cell.strip()
    if cell == "-":
        return True
    if cell.startswith("not(") and cell.endswith(")"):
        return not holds(cell[4:-1], value)
    return any(test(part.strip(), value) for part in parts(cell))


def test(text, value):
    comparison = re.fullmatch(r"(<=|>=|<|>)\s*(.+)", text)
    if comparison:
        if value is None:
            return False
        limit = literal(comparison[2])
        return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[comparison[1]]
    interval = re.fullmatch(r"([\[(\]])\s*(.+?)\s*\.\.\s*(.+?)\s*([\])\[])", text)
    if interval:
        if value is None:
            return False
        low, high = literal(interval[2]), literal(interval[3])
        above = value >= low if interval[1] == "[" else value > low
        below = value <= high if interval[4] == "]" else value < high
        return above and below
    return value == literal(text)


class Table:
    def __init__(self, decision, table):
        self.name = decision.get("name")
        self.policy = table.get("hitPolicy", "UNIQUE")
        self.aggregation = table.get("aggregation")
        self.inputs = [text_of(all_of(one, "inputExpression")[0]) for one in all_of(table, "input")]
        output = all_of(table, "output")[0]
        values = all_of(output, "outputValues")
        self.values = [literal(part) for part in parts(text_of(values[0]))] if values else []
        default = all_of(output, "defaultOutputEntry")
        self.default = literal(text_of(default[0])) if default else None
        self.rules = [
            ([text_of(cell) for cell in all_of(rule, "inputEntry")], literal(text_of(all_of(rule, "outputEntry")[0])))
            for rule in all_of(table, "rule")
        ]

    def result(self, fields):
        values = [fields[name] for name in self.inputs]
        hits = [given for cells, given in self.rules if all(map(holds, cells, values))]
        if not hits:
            return 0.0 if self.aggregation == "COUNT" else self.default
        if self.policy == "COLLECT":
            return {"SUM": sum, "MIN": min, "MAX": max, "COUNT": lambda all: float(len(all))}[self.aggregation](hits)
        if self.policy == "PRIORITY":
            return min(hits, key=self.values.index)
        if self.policy in ("UNIQUE", "ANY") and any(hit != hits[0] for hit in hits):
            raise ValueError(self.name)
        return hits[0]


def field(text):
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def main():
    root = tree.parse(sys.argv[1]).getroot()
    tables = [
        Table(decision, table) for decision in all_of(root, "decision") for table in all_of(decision, "decisionTable")
    ]
    differences, n_rows, n_given = [], 0, {table.name: 0 for table in tables}
    with open(sys.argv[2], encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            n_rows += 1
            fields = {name: field(text) for name, text in row.items()}
            for table in tables:
                expected, got = table.result(fields), fields[table.name]
                n_given[table.name] += expected is not None
                if expected != got and len(differences) < 10:
                    differences.append({"table": table.name, "row": row, "expected": expected})
    print(json.dumps({"differences": differences, "n_rows": n_rows, "n_given": n_given}))


main()
