//! Trees on the wine data against scikit-learn 1.9. Its thresholds are rounded to single precision; where it found
//! several equally good trees over 25 seeds, only what all of them have in common is compared.

use gradus_stats::tree::{Column, Criterion, Options, Target, Test, Tree, Value, fit};

use super::{column, reference};

struct Wine {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    class: Vec<u32>,
}

fn wine(data: &str) -> Wine {
    let names: Vec<String> =
        data.lines().next().unwrap().split(',').filter(|name| *name != "class").map(str::to_owned).collect();
    let columns = names.iter().map(|name| column(data, name)).collect();
    Wine { names, columns, class: column(data, "class").into_iter().map(|class| class as u32).collect() }
}

impl Wine {
    fn grow(&self, options: &Options<'_>) -> Tree {
        let columns: Vec<Column<'_>> = self.columns.iter().map(|column| Column::Numbers(column)).collect();
        fit(&columns, Target::Classes { of: &self.class, n: 3 }, options).unwrap()
    }

    fn accuracy(&self, tree: &Tree) -> f64 {
        let right = (0..self.class.len()).filter(|row| {
            let values: Vec<Value> = self.columns.iter().map(|column| Value::Number(column[*row])).collect();
            tree.predict(&values) == f64::from(self.class[*row])
        });
        right.count() as f64 / self.class.len() as f64
    }
}

#[test]
fn the_unique_tree_is_met_node_by_node() {
    let Some(data) = reference("decision_tree_wine/data.csv") else { return };
    let wine = wine(&data);
    let tree = wine.grow(&Options { max_depth: 2, ..Options::default() });
    let questions: Vec<(&str, f64)> = tree
        .nodes
        .iter()
        .filter_map(|node| node.split.as_ref())
        .map(|split| match split.test {
            Test::AtMost { column, threshold } => (wine.names[column].as_str(), threshold),
            _ => panic!("only numbers are asked for"),
        })
        .collect();
    assert_eq!(questions.len(), 3);
    let wanted = [("proline", 755.0), ("od280_od315_of_diluted_wines", 2.115), ("flavanoids", 2.165)];
    for (found, wanted) in questions.iter().zip(wanted) {
        assert!(found.0 == wanted.0 && (found.1 - wanted.1).abs() < 1e-9, "{found:?} {wanted:?}");
    }
    let root = tree.nodes[0].split.as_ref().unwrap();
    let (left, right) = (&tree.nodes[root.left], &tree.nodes[root.right]);
    assert!((tree.nodes[0].impurity - 0.6583133442747128).abs() < 1e-12);
    assert!((left.impurity - 0.49216784351919485).abs() < 1e-12);
    assert!((right.impurity - 0.26464691468032975).abs() < 1e-12);
    assert_eq!(
        (left.classes.as_slice(), right.classes.as_slice()),
        (&[2.0, 67.0, 42.0][..], &[57.0, 4.0, 6.0][..])
    );
    let importance =
        |name: &str| tree.importances()[wine.names.iter().position(|known| known == name).unwrap()];
    assert!((importance("proline") - 0.48583079065628126).abs() < 1e-12);
    assert!((importance("flavanoids") - 0.11779900380467834).abs() < 1e-12);
    assert!((wine.accuracy(&tree) - 0.9213483146067416).abs() < 1e-12);
    assert!((tree.cost() - 0.14005594729846008).abs() < 1e-9);
}

#[test]
fn trees_with_ties_agree_in_what_ties_leave() {
    let Some(data) = reference("decision_tree_wine/data.csv") else { return };
    let wine = wine(&data);
    for (criterion, min_leaf, accuracy, cost) in [
        (Criterion::Gini, 5, 0.9438202247191011, 0.08211610486891385),
        (Criterion::Entropy, 1, 0.9943820224719101, 0.018230969088969276),
    ] {
        let tree = wine.grow(&Options { criterion, max_depth: 3, min_leaf, ..Options::default() });
        assert_eq!((tree.leaves().count(), tree.depth()), (7, 3));
        assert!((wine.accuracy(&tree) - accuracy).abs() < 1e-12);
        assert!((tree.cost() - cost).abs() < 1e-9, "{} {cost}", tree.cost());
    }
}
