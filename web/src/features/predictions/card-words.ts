import { words } from '../../shared/i18n/words';

export const useCardWords = words('model-card', {
  title: ['模型卡', 'Model card'],
  emptyTitle: ['还没有模型卡', 'No model card yet'],
  emptyText: ['模型卡说明预测由什么得来、有多可靠。保存、发布并评级之后就有；也可以现在用草稿学习一次。', 'A model card says what a prediction was made of and how good it is. It is there after saving, publishing and grading; or learn once from the draft now.'],
  learn: ['现在学习并检验', 'Learn and test now'], learnAgain: ['重新学习并检验', 'Learn and test anew'], learning: ['学习与检验', 'Learning and testing'], saveFirst: ['请先保存草稿', 'Save the draft first'],
  cards: ['这是用草稿学习得到的结果，尚未用于任何客户。', 'This was learned from the draft; no customer is given it yet.'],
  sure: ['有多可靠', 'How sure it is'], refusal: ['为什么不作预测', 'Why it does not predict'],
  state: ['状态', 'State'], method: ['方法', 'Method'], asOf: ['截至', 'As of'], horizon: ['预测期', 'Horizon'], discount: ['年折现率', 'Yearly discount'], margin: ['毛利率', 'Margin'],
  data: ['数据', 'Data'], what: ['内容', 'What'], value: ['数值', 'Value'],
  training: ['从哪些日期学习', 'Dates it was learned from'], from: ['日期', 'Date'], until: ['结果看到', 'Outcome until'], people: ['客户', 'Customers'], withIt: ['发生了', 'With it'], heldOut: ['留作检验', 'held out'], learned: ['学习', 'learned from'], use: ['用途', 'Use'],
  metrics: ['好不好', 'How good it is'], metric: ['衡量', 'Measure'], interval: ['95% 区间', '95 % interval'],
  calibration: ['预计与实际', 'Promised against observed'], calibrationHint: ['点落在虚线上，说明预计多少就来多少。竖线是实际值的 95% 区间。', 'On the dashed line as much comes as was promised. Upright lines are the 95 % interval of what came.'],
  tracking: ['留出期跟踪', 'Tracking in the hold-out'], actual: ['实际', 'Actual'], expected: ['预计', 'Expected'], trackingHint: ['虚线右侧是没有参与学习的时间：在那里两条线靠得近，预测才可信。', 'Right of the dashed line is time that was not learned from: where both lines stay close there, the prediction can be trusted.'], period: ['截至', 'Until'], cumulative: ['累计实际', 'Cumulative actual'], cumulativeExpected: ['累计预计', 'Cumulative expected'],
  inSum: ['累计', 'Cumulative'], inEach: ['逐期', 'By period'],
  drift: ['漂移', 'Drift'], driftAgainst: ['与 {{date}} 学习时相比', 'Compared with {{date}}, when it was learned'], bin: ['区间', 'Bin'], then: ['当时', 'Then'], now: ['现在', 'Now'], stable: ['稳定', 'stable'], watch: ['需留意', 'watch'], shifted: ['明显偏移', 'shifted'], psi: ['PSI {{n}}', 'PSI {{n}}'],
  factors: ['什么最有影响', 'What weighs most'], feature: ['特征', 'Feature'], weight: ['影响', 'Weight'], up: ['越高越可能', 'more of it, more likely'], down: ['越高越不可能', 'more of it, less likely'], mixed: ['有高有低', 'both ways'],
  parameters: ['参数', 'Parameters'], parameter: ['参数', 'Parameter'], error: ['标准误', 'Standard error'],
  today: ['对现在的客户', 'Of today’s customers'], known: ['有预测的客户', 'Customers with a prediction'], total: ['合计', 'Total'], mean: ['人均', 'A head'], toDate: ['迄今合计', 'Total to date'], atRisk: ['有流失风险', 'At risk'],
  distribution: ['分布', 'Distribution'], openBar: ['点击柱子打开客户。', 'A bar opens its customers.'], groups: ['各类', 'Groups'], group: ['类别', 'Group'],
  byTier: ['按 {{name}}', 'By {{name}}'], level: ['等级', 'Tier'], notGraded: ['未定级', 'Not graded'], notFitted: ['还没有拟合：发布之后评级一次。', 'Not fitted yet: publish, then grade once.'],
  trainedText: ['外部训练的模型没有在这里学习；它的好坏由带来它的人说明，用在评分里之后可以回测。', 'A model that was trained elsewhere was not learned here; whoever brought it says how good it is. Once it is used in a score it can be back-tested.'],
});
