//! A `TreeModel` as a tree of questions with two answers. The first child whose predicate is true is taken; what is
//! missing makes a predicate unknown, and unknown is not true.

use super::super::term::{Operator, Term};
use super::super::unsupported;
use super::super::xml::Element;
use super::fields::{Fields, attribute_unsupported, missing_part};
use super::predicate;
use super::trained::{MOST_NODES, Reading, TargetClasses, classes, indicator, number, too_many};
use crate::document::{TrainedNode, TrainedTree};
use crate::{Finding, Text};

/// Questions in a row at most.
const MOST_DEPTH: usize = 600;

/// How the tree treats what does not go on.
struct Ways {
    /// A node whose children's predicates are all not true gives its own score.
    keeps_own: bool,
    /// Missing values take the child that a node names.
    takes_default: bool,
    /// A missing value that is asked for gives no prediction.
    stops: bool,
    /// A node gives the class that it votes for, and not its chance.
    votes: bool,
    /// Of a classification: whose chance a node gives.
    classes: Option<TargetClasses>,
}

pub(super) fn read(
    reading: &mut Reading<'_>,
    model: Element<'_>,
    fields: &Fields,
) -> Result<TrainedTree, Finding> {
    let strategy = model.attribute("missingValueStrategy").unwrap_or("none");
    let takes_default = match strategy {
        "none" | "nullPrediction" => false,
        "defaultChild" => true,
        other => {
            let what = Text::new(
                format!("不支持 missingValueStrategy=\"{other}\""),
                format!("missingValueStrategy=\"{other}\" is not supported"),
            );
            let right = Text::new(
                "用 none、nullPrediction 或 defaultChild 重新导出，或在 MiningField 写 missingValueReplacement；只删去它，缺失的值会走别的路",
                "exported anew with none, nullPrediction or defaultChild, or a missingValueReplacement in the MiningField; left out, what is missing would go another way",
            );
            return Err(unsupported(model.place(), what, right));
        }
    };
    let keeps_own = match model.attribute("noTrueChildStrategy").unwrap_or("returnNullPrediction") {
        "returnNullPrediction" => false,
        "returnLastPrediction" => true,
        other => return Err(attribute_unsupported(model, "noTrueChildStrategy", other)),
    };
    let root = model.child("Node").ok_or_else(|| missing_part(model, "Node"))?;
    let mut of_tree = None;
    if model.attribute("functionName") == Some("classification") {
        let named: Vec<&str> =
            root.all("ScoreDistribution").filter_map(|one| one.attribute("value")).collect();
        of_tree = reading.target.clone().or_else(|| classes(&named));
        let Some(own) = of_tree.as_ref().filter(|own| own.others.len() == 1) else {
            return Err(unsupported(
                model.place(),
                Text::new("不是两个类别的分类", "a classification of other than two classes"),
                Text::new("两个类别", "two classes"),
            ));
        };
        let wanted = own.wanted.clone();
        reading.say_class(model, &wanted);
    }
    let ways = Ways {
        keeps_own,
        takes_default,
        stops: strategy == "nullPrediction",
        votes: reading.votes,
        classes: of_tree,
    };
    let mut nodes = Vec::new();
    grow(reading, root, fields, &ways, &mut nodes, 0)?;
    Ok(TrainedTree { nodes })
}

fn leaf(gives: f64) -> TrainedNode {
    TrainedNode {
        input: None,
        cut: None,
        below: false,
        yes: None,
        no: None,
        unknown: None,
        gives: Some(gives),
    }
}

/// Adds a node with all below it; its place.
fn grow(
    reading: &mut Reading<'_>,
    node: Element<'_>,
    fields: &Fields,
    ways: &Ways,
    nodes: &mut Vec<TrainedNode>,
    depth: usize,
) -> Result<u32, Finding> {
    let children: Vec<Element<'_>> = node.all("Node").collect();
    let place = nodes.len() as u32;
    if children.is_empty() {
        counted(reading, node)?;
        nodes.push(leaf(score(node, ways)?));
        return Ok(place);
    }
    let default = node.attribute("defaultChild").filter(|_| ways.takes_default);
    chain(reading, node, &children, default, fields, ways, nodes, depth)?;
    Ok(place)
}

fn counted(reading: &mut Reading<'_>, element: Element<'_>) -> Result<(), Finding> {
    reading.n_nodes += 1;
    if reading.n_nodes > MOST_NODES { Err(too_many(element, reading.n_nodes)) } else { Ok(()) }
}

/// Asks for the first child, and if it is not it, for the rest.
fn chain(
    reading: &mut Reading<'_>,
    node: Element<'_>,
    children: &[Element<'_>],
    default: Option<&str>,
    fields: &Fields,
    ways: &Ways,
    nodes: &mut Vec<TrainedNode>,
    depth: usize,
) -> Result<(), Finding> {
    if depth > MOST_DEPTH {
        return Err(unsupported(
            node.place(),
            Text::new(
                format!("树超过 {MOST_DEPTH} 层"),
                format!("the tree asks more than {MOST_DEPTH} questions in a row"),
            ),
            Text::new("更浅的树", "a shallower tree"),
        ));
    }
    let [first, rest @ ..] = children else {
        // No child's predicate is true.
        if !ways.keeps_own {
            return Err(unsupported(
                node.place(),
                Text::new(
                    "没有子节点为真时，PMML 不给出结果",
                    "where no child is true, PMML gives no result",
                ),
                Text::new(
                    "noTrueChildStrategy=\"returnLastPrediction\"，或最后一个子节点为 <True/>",
                    "noTrueChildStrategy=\"returnLastPrediction\", or <True/> in the last child",
                ),
            ));
        }
        counted(reading, node)?;
        nodes.push(leaf(score(node, ways)?));
        return Ok(());
    };
    let asked = predicate::read(predicate::of(*first)?, fields)?;
    if asked == Term::Boolean(true) {
        return grow(reading, *first, fields, ways, nodes, depth + 1).map(drop);
    }
    counted(reading, *first)?;
    // The opposite of the first: nothing is left to be asked. But of a missing value neither is true, and where a node
    // then gives its own score there is something left.
    let falls_back = ways.keeps_own && !ways.stops && default.is_none();
    let is_last = !falls_back
        && match rest {
            [last] => is_opposite(&asked, &predicate::read(predicate::of(*last)?, fields)?),
            _ => false,
        };
    let question = question(reading, &asked, is_last || ways.stops || default.is_some());
    let place = nodes.len();
    let is_default = |child: &Element<'_>| default.is_some() && child.attribute("id") == default;
    let unknown = match (is_default(first), rest.iter().any(is_default)) {
        (true, _) => Some(question.holds_left),
        (_, true) => Some(!question.holds_left),
        // Unknown is not true: whoever comes next is asked, if somebody is.
        _ if is_last || ways.stops => None,
        _ => Some(!question.holds_left),
    };
    nodes.push(TrainedNode {
        input: Some(reading.input_name(question.input)),
        cut: Some(question.cut),
        below: question.below,
        yes: None,
        no: None,
        unknown,
        gives: None,
    });
    let own = nodes.len() as u32;
    grow(reading, *first, fields, ways, nodes, depth + 1)?;
    let other = nodes.len() as u32;
    match rest {
        [last] if is_last || predicate::of(*last)?.name() == "True" => {
            grow(reading, *last, fields, ways, nodes, depth + 1)?;
        }
        rest => chain(reading, node, rest, default, fields, ways, nodes, depth + 1)?,
    }
    let (yes, no) = if question.holds_left { (own, other) } else { (other, own) };
    (nodes[place].yes, nodes[place].no) = (Some(yes), Some(no));
    Ok(())
}

/// A predicate as a comparison with a cut.
struct Question {
    input: usize,
    cut: f64,
    below: bool,
    /// The predicate holds where the input is at most (or below) the cut.
    holds_left: bool,
}

/// `tells_unknown`: what becomes of a condition that cannot be told is not that of one that does not hold.
fn question(reading: &mut Reading<'_>, asked: &Term, tells_unknown: bool) -> Question {
    if let Some((of, operator, cut)) = comparison(asked) {
        let (below, holds_left) = match operator {
            Operator::Less => (true, true),
            Operator::LessOrEqual => (false, true),
            Operator::Greater => (false, false),
            _ => (true, false),
        };
        let input = reading.input(of);
        return Question { input, cut, below, holds_left };
    }
    let told = match tells_unknown {
        true => {
            let digit = |text: &str| Term::Number(text.to_string());
            let not = Term::Not(Box::new(asked.clone()));
            Term::Case(vec![(asked.clone(), digit("1")), (not, digit("0"))], None)
        }
        false => indicator(asked.clone()),
    };
    let input = reading.input(&told);
    Question { input, cut: 0.5, below: false, holds_left: false }
}

/// `x < 5` and its like.
fn comparison(term: &Term) -> Option<(&Term, Operator, f64)> {
    let Term::Binary(operator, left, right) = term else { return None };
    use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    if !matches!(operator, Less | LessOrEqual | Greater | GreaterOrEqual) {
        return None;
    }
    let cut: f64 = right.as_number()?.parse().ok()?;
    cut.is_finite().then_some((&**left, *operator, cut))
}

fn is_opposite(first: &Term, last: &Term) -> bool {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    match (first, last) {
        (Term::Binary(one, a, x), Term::Binary(other, b, y)) if a == b && x == y => matches!(
            (one, other),
            (Less, GreaterOrEqual)
                | (GreaterOrEqual, Less)
                | (LessOrEqual, Greater)
                | (Greater, LessOrEqual)
                | (Equal, NotEqual)
                | (NotEqual, Equal)
        ),
        (Term::In(a, x), Term::NotIn(b, y)) | (Term::NotIn(a, x), Term::In(b, y)) => a == b && x == y,
        (Term::IsNull(a), Term::IsNotNull(b)) | (Term::IsNotNull(a), Term::IsNull(b)) => a == b,
        _ => false,
    }
}

/// What a node gives: its number, or the chance of the class that is told.
fn score(node: Element<'_>, ways: &Ways) -> Result<f64, Finding> {
    let Some(classes) = &ways.classes else {
        return number(node, "score")?.ok_or_else(|| missing_part(node, "score"));
    };
    let (mut wanted, mut all, mut chance) = (0.0, 0.0, None);
    for share in node.all("ScoreDistribution") {
        let count = number(share, "recordCount")?.unwrap_or(0.0);
        all += count;
        if share.attribute("value") == Some(&classes.wanted) {
            wanted += count;
            chance = number(share, "probability")?;
        }
    }
    let vote = node.attribute("score").filter(|_| ways.votes);
    if let Some(vote) = vote {
        return Ok(if vote == classes.wanted { 1.0 } else { 0.0 });
    }
    match (chance, node.attribute("score")) {
        (Some(chance), _) => Ok(chance),
        (None, _) if all > 0.0 => Ok(wanted / all),
        (None, Some(score)) => Ok(if score == classes.wanted { 1.0 } else { 0.0 }),
        (None, None) => Err(missing_part(node, "score / ScoreDistribution")),
    }
}
