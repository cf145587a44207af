//! Which prediction is asked, over which documents; and whether the options that were typed are options of it.

use gradus_model::document::{Contract, Indicator, IndicatorKind, Lifetime, Model, Prediction, SpanUnit};
use gradus_model::{Finding, Findings, Place, Text};

use super::NAME;
use super::options::{ClvRequest, argument};
use crate::access::Principal;
use crate::cohorts::Purchases;
use crate::preview::pruned;
use crate::simulate::What;
use crate::{Documents, Workspace, WorkspaceError, versions};

/// Days on which a purchase was made or a term began; days since the first and the last of them.
pub(super) const DAYS: &str = "learned_days";
pub(super) const FIRST: &str = "learned_first";
pub(super) const LAST: &str = "learned_last";

/// Which prediction, over which documents.
pub(super) struct Asked {
    pub documents: Documents,
    pub name: Option<String>,
    pub prediction: Prediction,
}

impl Asked {
    pub async fn of(
        workspace: &Workspace,
        who: &Principal,
        request: &ClvRequest,
    ) -> Result<Asked, WorkspaceError> {
        let documents = match &request.model {
            Some(name) => {
                let what = What::parse(name).ok_or_else(|| {
                    Finding::error(
                        "argument",
                        Place::default().at("model"),
                        Text::new(format!("不认识版本「{name}」"), format!("“{name}” is no version")),
                        Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
                    )
                })?;
                what.documents(workspace, who).await?
            }
            None => versions::now_in_force(workspace).await?,
        };
        let (name, mut prediction) = chosen(&documents.model, request)?;
        let misplaced = misplaced(&prediction, request);
        if !misplaced.is_empty() {
            return Err(Findings(misplaced).into());
        }
        put(&mut prediction, request);
        Ok(Asked { documents, name, prediction })
    }

    /// What is wrong with an option is said of the option, and with what a purchase is once, not of the counts that were
    /// added for the hold-out.
    pub fn said(&self, error: WorkspaceError, request: &ClvRequest) -> WorkspaceError {
        let WorkspaceError::Findings(findings) = error else { return error };
        let name = self.name.as_deref().unwrap_or(NAME);
        let (way, counted) = match &self.prediction.contract {
            Some(_) => ("contract", "terms"),
            None => ("lifetime", "purchases"),
        };
        let before = format!("predictions.{name}.{way}.");
        let mut kept: Vec<Finding> = Vec::new();
        for finding in findings.0 {
            let path = finding.place.path.clone().unwrap_or_default();
            let is_added =
                [DAYS, FIRST, LAST].iter().any(|own| path.starts_with(&format!("indicators.{own}")));
            let field = match is_added {
                true => Some(counted),
                false => path.strip_prefix(&before),
            };
            let option = field.and_then(|field| option_of(field, request));
            let finding = match (option, is_added) {
                (Some(option), _) => Finding { place: Place::default().at(option), ..finding },
                (None, true) => {
                    Finding { place: Place::default().at(format!("{before}{counted}")), ..finding }
                }
                (None, false) => finding,
            };
            if kept.iter().all(|known| (known.code, &known.what) != (finding.code, &finding.what)) {
                kept.push(finding);
            }
        }
        WorkspaceError::Findings(Findings(kept))
    }

    /// Documents that say this prediction alone, and count days with a purchase.
    pub fn documents(&self, prediction: Option<(&str, Prediction)>) -> Documents {
        let mut model = match &self.name {
            Some(name) => pruned(&self.documents.model, &[name]),
            None => Model::default(),
        };
        let kept = Model { indicators: model.indicators.clone(), ..Model::default() };
        if prediction.is_none() {
            model = Model::default();
        } else if self.prediction.among.is_none() {
            model = kept;
        }
        model.predictions = prediction.into_iter().map(|(name, one)| (name.to_string(), one)).collect();
        let filter = match (&self.prediction.lifetime, &self.prediction.contract) {
            (Some(lifetime), _) => lifetime.purchases.clone().unwrap_or_else(|| "spend".to_string()),
            (None, Some(contract)) => contract.terms.clone(),
            (None, None) => "true".to_string(),
        };
        let added = [
            (DAYS, counting(IndicatorKind::Active, None, &filter)),
            (FIRST, counting(IndicatorKind::DaysSince, Some("first"), &filter)),
            (LAST, counting(IndicatorKind::DaysSince, Some("last"), &filter)),
        ];
        model.indicators.0.extend(added.map(|(name, one)| (name.to_string(), one)));
        Documents { model, ..self.documents.clone() }
    }

    /// Where nothing counts as `spend` and nobody said what a purchase is: what the model counts as orders. None where
    /// that was said, or the model counts none.
    pub fn by_the_models_orders(&self, request: &ClvRequest) -> Option<Asked> {
        let lifetime = self.prediction.lifetime.as_ref().filter(|one| one.purchases.is_none())?;
        if request.purchases.is_some() || self.name.is_some() {
            return None;
        }
        let counted = Purchases::of(&self.documents.model)?.counted;
        let orders = (counted.kind == IndicatorKind::Orders).then(|| "order_id is not null".to_string());
        let purchases = counted.filter.or(orders)?;
        let lifetime = Some(Lifetime { purchases: Some(purchases), ..lifetime.clone() });
        let prediction = Prediction { lifetime, ..self.prediction.clone() };
        Some(Asked { documents: self.documents.clone(), name: None, prediction })
    }

    /// That nothing counts as a purchase although nobody said what one is; none where somebody did.
    pub fn nothing_is_spend(&self, request: &ClvRequest) -> Option<Finding> {
        self.prediction.lifetime.as_ref().filter(|one| one.purchases.is_none())?;
        if request.purchases.is_some() {
            return None;
        }
        Some(Finding::error(
            "nothing-bought",
            Place::default().at("purchases"),
            Text::new(
                "没有一个事件算作消费（spend），模型里的订单指标也没有说明什么算一次购买",
                "no event counts as `spend`, and no indicator of the model says what an order is",
            ),
            Text::new(
                "用 --purchases 写明哪些事件是购买，例如 --purchases \"kind = 'order'\"",
                "`--purchases` says which events are purchases, such as `--purchases \"kind = 'order'\"`",
            ),
        ))
    }
}

/// The prediction of the model that is meant, else one of the kind that the options are of.
fn chosen(model: &Model, request: &ClvRequest) -> Result<(Option<String>, Prediction), WorkspaceError> {
    let is_value = |one: &Prediction| one.lifetime.is_some() || one.contract.is_some();
    let all = &model.predictions;
    if let Some(name) = &request.prediction {
        return match all.get(name).filter(|one| is_value(one)) {
            Some(one) => Ok((Some(name.clone()), one.clone())),
            None => Err(unknown(name, all.iter().filter(|(_, one)| is_value(one)))),
        };
    }
    let first = |wanted: &dyn Fn(&Prediction) -> bool| {
        all.iter().find(|(_, one)| wanted(one)).map(|(name, one)| (Some(name.to_string()), one.clone()))
    };
    let under_contract = !contract_options(request).is_empty();
    let by_purchases = !lifetime_options(request).is_empty();
    let found = match (under_contract, by_purchases) {
        (true, _) => first(&|one| one.contract.is_some()),
        (false, true) => first(&|one| one.lifetime.is_some()).or_else(|| first(&is_value)),
        (false, false) => first(&is_value),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    if !under_contract {
        let title = Some(Text::new("客户终身价值", "Lifetime value"));
        return Ok((
            None,
            Prediction { title, lifetime: Some(Lifetime::default()), ..Prediction::default() },
        ));
    }
    let (Some(terms), Some(term)) = (&request.contract, request.term) else {
        return Err(Findings(unsaid(request)).into());
    };
    let contract = Contract {
        terms: terms.clone(),
        term,
        grace: None,
        ends: None,
        value: None,
        margin: None,
        horizon: None,
        discount: None,
    };
    let title = Some(Text::new("合约终身价值", "Lifetime value under contract"));
    Ok((None, Prediction { title, contract: Some(contract), ..Prediction::default() }))
}

/// What is typed takes the place of what is written.
fn put(prediction: &mut Prediction, request: &ClvRequest) {
    if let Some(lifetime) = &mut prediction.lifetime {
        lifetime.model = request.kind.or(lifetime.model);
        lifetime.purchases = request.purchases.clone().or(lifetime.purchases.take());
        lifetime.value = request.value.clone().or(lifetime.value.take());
        lifetime.costs = request.costs.clone().or(lifetime.costs.take());
        lifetime.margin = request.margin.or(lifetime.margin);
        lifetime.horizon = request.horizon.or(lifetime.horizon);
        lifetime.discount = request.discount.or(lifetime.discount);
    }
    if let Some(contract) = &mut prediction.contract {
        if let Some(terms) = &request.contract {
            contract.terms = terms.clone();
        }
        contract.term = request.term.unwrap_or(contract.term);
        contract.grace = request.grace.or(contract.grace);
        contract.ends = request.ends.clone().or(contract.ends.take());
        contract.value = request.value.clone().or(contract.value.take());
        contract.margin = request.margin.or(contract.margin);
        contract.horizon = request.horizon.or(contract.horizon);
        contract.discount = request.discount.or(contract.discount);
    }
}

/// The options that only a lifetime value without contract has, as far as they are typed.
fn lifetime_options(request: &ClvRequest) -> Vec<&'static str> {
    let all = [
        ("kind", request.kind.is_some()),
        ("purchases", request.purchases.is_some()),
        ("costs", request.costs.is_some()),
    ];
    all.into_iter().filter(|(_, typed)| *typed).map(|(name, _)| name).collect()
}

/// The options that only a contract has, as far as they are typed.
fn contract_options(request: &ClvRequest) -> Vec<&'static str> {
    let all = [
        ("contract", request.contract.is_some()),
        ("term", request.term.is_some()),
        ("grace", request.grace.is_some()),
        ("ends", request.ends.is_some()),
    ];
    all.into_iter().filter(|(_, typed)| *typed).map(|(name, _)| name).collect()
}

/// The option behind a field of the prediction, if it was typed.
fn option_of(field: &str, request: &ClvRequest) -> Option<&'static str> {
    let typed = [
        ("purchases", "purchases", request.purchases.is_some()),
        ("terms", "contract", request.contract.is_some()),
        ("term", "term", request.term.is_some()),
        ("grace", "grace", request.grace.is_some()),
        ("ends", "ends", request.ends.is_some()),
        ("value", "value", request.value.is_some()),
        ("costs", "costs", request.costs.is_some()),
        ("margin", "margin", request.margin.is_some()),
        ("horizon", "horizon", request.horizon.is_some()),
        ("discount", "discount", request.discount.is_some()),
    ];
    typed.into_iter().find(|(own, _, typed)| *own == field && *typed).map(|(_, option, _)| option)
}

/// Options that the prediction does not have are refused: swallowed, they would seem to have done something.
fn misplaced(prediction: &Prediction, request: &ClvRequest) -> Vec<Finding> {
    let (typed, what, right) = match &prediction.contract {
        Some(_) => (
            lifetime_options(request),
            Text::new("合约的终身价值没有这个参数", "lifetime value under contract has no such option"),
            Text::new(
                "去掉它；合约用 --contract、--term、--grace、--ends、--value。要按购买学习，用 --prediction 指明一个 lifetime 预测",
                "without it: a contract has --contract, --term, --grace, --ends and --value; to learn from purchases, --prediction names a prediction with `lifetime`",
            ),
        ),
        None => (
            contract_options(request),
            Text::new(
                "这个预测按购买学习（lifetime），没有合约的参数",
                "this prediction goes by purchases (`lifetime`) and has no options of a contract",
            ),
            Text::new(
                "去掉它，或不写 --prediction，用 --contract 与 --term 学习一份合约",
                "without it; or leave out --prediction, and --contract with --term learns a contract",
            ),
        ),
    };
    typed.into_iter().map(|option| argument(option, what.clone(), right.clone())).collect()
}

/// What a contract that is not in the model cannot do without.
fn unsaid(request: &ClvRequest) -> Vec<Finding> {
    let mut out = Vec::new();
    if request.contract.is_none() {
        out.push(argument(
            "contract",
            Text::new(
                "模型里没有合约，也没有写明哪些事件开始或续签一期",
                "the model has no contract, and nothing says which events begin or renew a term",
            ),
            Text::new("例如 --contract \"kind = '缴费'\"", "such as `--contract \"kind = 'fee'\"`"),
        ));
    }
    if request.term.is_none() {
        out.push(argument(
            "term",
            Text::new(
                "模型里没有合约，也没有写明一期有多长",
                "the model has no contract, and nothing says how long a term is",
            ),
            Text::new("例如 --term \"1 year\"", "such as `--term \"1 year\"`"),
        ));
    }
    out
}

fn counting(kind: IndicatorKind, pick: Option<&str>, filter: &str) -> Indicator {
    Indicator {
        title: None,
        description: None,
        kind,
        of: None,
        filter: Some(filter.to_string()),
        window: None,
        share: None,
        over: None,
        q: None,
        per: None,
        step: (kind == IndicatorKind::Active).then_some(SpanUnit::Day),
        pick: pick.map(str::to_string),
        compare: None,
        cap: None,
        refunds_count_by: None,
        empty: None,
        purpose: "service".to_string(),
        unit: None,
    }
}

fn unknown<'p>(name: &str, known: impl Iterator<Item = (&'p str, &'p Prediction)>) -> WorkspaceError {
    let known: Vec<&str> = known.map(|(name, _)| name).collect();
    let right = match known.is_empty() {
        true => Text::new(
            "模型里还没有；不写名称就按默认做法学习，再用 --write 写进草稿",
            "the model has none yet; without a name the default is learned, and `--write` puts it into the draft",
        ),
        false => Text::new(format!("已有：{}", known.join("、")), format!("one of: {}", known.join(", "))),
    };
    Finding::error(
        "unknown-prediction",
        Place::default().at("prediction"),
        Text::new(
            format!("没有名为“{name}”的终身价值预测"),
            format!("there is no prediction of lifetime value named `{name}`"),
        ),
        right,
    )
    .into()
}
