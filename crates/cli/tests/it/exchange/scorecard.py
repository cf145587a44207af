"""An evaluator of PMML 4.4 scorecards, written from the specification's text alone
(https://dmg.org/pmml/v4-4/Scorecard.html and the pages that it links): it shares nothing with Gradus.

    scorecard.py FILE.pmml GRADED.csv SCORE

reads the fields of every row of the graded file, scores them, and compares with the columns SCORE,
SCORE_low and SCORE_high. Prints one JSON object.
"""

import csv
import json
import sys
import xml.etree.ElementTree as tree

NAMESPACE = "{http://www.dmg.org/PMML-4_4}"


def tag(element):
    return element.tag.removeprefix(NAMESPACE)


def own(element):
    return [child for child in element if tag(child) != "Extension"]


def typed(text, kind):
    if kind in ("integer", "double", "float"):
        return float(text)
    if kind == "boolean":
        return text == "true"
    return text


class Scorecard:
    def __init__(self, path):
        root = tree.parse(path).getroot()
        self.kinds = {
            field.get("name"): field.get("dataType") for field in root.iter(NAMESPACE + "DataField")
        }
        self.card = root.find(NAMESPACE + "Scorecard")
        self.mining = {
            field.get("name"): field
            for field in self.card.find(NAMESPACE + "MiningSchema")
            if field.get("usageType", "active") == "active"
        }
        local = self.card.find(NAMESPACE + "LocalTransformations")
        self.derived = list(local) if local is not None else []

    def fields(self, row):
        values = {}
        for name, mining in self.mining.items():
            text = row[name]
            value = typed(text, self.kinds[name]) if text != "" else None
            if value is None and mining.get("missingValueReplacement") is not None:
                value = typed(mining.get("missingValueReplacement"), self.kinds[name])
            values[name] = value
        for field in self.derived:
            self.kinds[field.get("name")] = field.get("dataType")
            values[field.get("name")] = self.formula(own(field)[0], values)
        return values

    def formula(self, element, values):
        name = tag(element)
        if name == "FieldRef":
            value = values[element.get("field")]
            if value is None and element.get("mapMissingTo") is not None:
                return typed(element.get("mapMissingTo"), self.kinds[element.get("field")])
            return value
        if name == "Constant":
            return None if element.get("missing") == "true" else typed(element.text, element.get("dataType"))
        if name != "Apply":
            raise ValueError(name)
        function = element.get("function")
        arguments = [self.formula(child, values) for child in own(element)]
        result = apply(function, arguments)
        if result is None and element.get("defaultValue") is not None:
            text = element.get("defaultValue")
            return text == "true" if text in ("true", "false") else float(text)
        return result

    def holds(self, element, values):
        """True, False, or None for UNKNOWN."""
        name = tag(element)
        if name in ("True", "False"):
            return name == "True"
        if name == "SimplePredicate":
            value = values[element.get("field")]
            operator = element.get("operator")
            if operator == "isMissing":
                return value is None
            if operator == "isNotMissing":
                return value is not None
            if value is None:
                return None
            return compare(operator, value, typed(element.get("value"), self.kinds[element.get("field")]))
        if name == "SimpleSetPredicate":
            value = values[element.get("field")]
            if value is None:
                return None
            kind = self.kinds[element.get("field")]
            listed = [typed(text, kind) for text in words(element.find(NAMESPACE + "Array").text)]
            return (value in listed) == (element.get("booleanOperator") == "isIn")
        parts = [self.holds(child, values) for child in own(element)]
        operator = element.get("booleanOperator")
        if operator == "and":
            return False if False in parts else None if None in parts else True
        if operator == "or":
            return True if True in parts else None if None in parts else False
        if operator == "xor":
            return None if None in parts else sum(parts) % 2 == 1
        if operator == "surrogate":
            return next((part for part in parts if part is not None), None)
        raise ValueError(operator)

    def score(self, row):
        """The score, or None where a characteristic gives nothing; and the reason codes by rank."""
        values = self.fields(row)
        total = float(self.card.get("initialScore", "0"))
        reasons = {}
        above = self.card.get("reasonCodeAlgorithm", "pointsBelow") == "pointsAbove"
        for characteristic in self.card.find(NAMESPACE + "Characteristics"):
            if tag(characteristic) != "Characteristic":
                continue
            for attribute in characteristic.findall(NAMESPACE + "Attribute"):
                predicate, *rest = own(attribute)
                if self.holds(predicate, values) is not True:
                    continue
                if rest:
                    partial = self.formula(own(rest[0])[0], values)
                else:
                    partial = float(attribute.get("partialScore"))
                break
            else:
                partial = None
            if partial is None:
                return None, []
            total += partial
            code = attribute.get("reasonCode") or characteristic.get("reasonCode")
            baseline = float(characteristic.get("baselineScore") or self.card.get("baselineScore") or 0)
            difference = partial - baseline if above else baseline - partial
            if code is not None:
                reasons[code] = reasons.get(code, 0.0) + difference
        ranked = sorted((code for code in reasons if reasons[code] >= 0), key=lambda code: -reasons[code])
        return total, ranked


def compare(operator, one, other):
    return {
        "equal": one == other,
        "notEqual": one != other,
        "lessThan": one < other,
        "lessOrEqual": one <= other,
        "greaterThan": one > other,
        "greaterOrEqual": one >= other,
    }[operator]


def apply(function, arguments):
    if function == "isMissing":
        return arguments[0] is None
    if function == "isNotMissing":
        return arguments[0] is not None
    if function == "if":
        if arguments[0] is None:
            return None
        return arguments[1] if arguments[0] else (arguments[2] if len(arguments) > 2 else None)
    if function in ("and", "or"):
        decisive = function == "or"
        if decisive in arguments:
            return decisive
        return None if None in arguments else not decisive
    if function in ("min", "max"):
        known = [argument for argument in arguments if argument is not None]
        return (min if function == "min" else max)(known) if known else None
    if None in arguments:
        return None
    if function in ("+", "-", "*", "/"):
        one, other = arguments
        return {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other, "/": lambda: one / other}[function]()
    if function == "abs":
        return abs(arguments[0])
    if function == "not":
        return not arguments[0]
    if function in ("isIn", "isNotIn"):
        return (arguments[0] in arguments[1:]) == (function == "isIn")
    return compare(function, *arguments)


def words(text):
    """Entries of an Array: blanks between them, quotes around those with blanks."""
    found, rest = [], text.strip()
    while rest:
        if rest[0] != '"':
            word, _, rest = rest.partition(" ")
            found.append(word)
        else:
            word, at = "", 1
            while rest[at] != '"':
                at += rest[at] == "\\"
                word += rest[at]
                at += 1
            found.append(word)
            rest = rest[at + 1 :]
        rest = rest.strip()
    return found


def main():
    path, graded, name = sys.argv[1:4]
    card = Scorecard(path)
    differences, n_with, n_without, n_rows, reasons = [], 0, 0, 0, {}
    with open(graded, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            n_rows += 1
            score, codes = card.score(row)
            if n_rows <= 40:
                reasons[row["customer"]] = codes
            low, high = row[name + "_low"], row[name + "_high"]
            if score is None:
                n_without += 1
                same = row[name] == "" or float(low) < float(high)
            else:
                n_with += 1
                same = low == high and abs(float(low) - score) < 1e-9
            if not same and len(differences) < 10:
                differences.append({"row": row, "expected": score})
    print(json.dumps({"differences": differences, "n_rows": n_rows, "n_with": n_with, "n_without": n_without, "reasons": reasons}))


main()
