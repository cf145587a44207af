import { words } from '../../shared/i18n/words';

export const useOutlookWords = words('outlook', {
  tab: ['预测', 'Outlook'],
  emptyTitle: ['还没有预测', 'No prediction yet'],
  emptyText: ['在“预测”里建好终身价值或流失概率，发布并评级之后，这里就有每位客户的数字和原因。', 'Make lifetime value or churn under “Predictions”, publish and grade: then each customer has figures and reasons here.'],
  toPredictions: ['去建预测', 'Go to predictions'],
  toDate: ['迄今', 'To date'], toDateNote: ['已经发生', 'what there was'],
  ahead: ['未来 {{span}}', 'The next {{span}}'], aheadNote: ['预期，已折现', 'expected, discounted'],
  interval: ['十位同样的客户里九位在 {{low}} 至 {{high}} 之间', 'For nine of ten such customers between {{low}} and {{high}}'],
  low: ['至少', 'At least'], high: ['至多', 'At most'],
  terms: ['按 {{rate}} 的年折现率、{{margin}} 的毛利率计算', 'At a yearly discount of {{rate}}, with {{margin}} of revenue as margin'],
  alive: ['仍活跃概率', 'Chance of being a customer still'], purchases: ['预期购买', 'Purchases to expect'], renews: ['续约概率', 'Chance of renewing'], nTerms: ['预期续约期数', 'Terms to expect'], runs: ['合约', 'Contract'], running: ['有效', 'running'], ended: ['已结束', 'ended'],
  probability: ['概率', 'Probability'], within: ['在 {{span}} 之内', 'within {{span}}'], group: ['类别', 'Group'], sure: ['归属把握', 'How clearly'],
  factors: ['主要原因', 'Main reasons'], feature: ['特征', 'Feature'], value: ['取值', 'Value'], adds: ['影响', 'Effect'], more: ['其余 {{n}} 项影响更小', '{{n}} more matter less'],
  unknown: ['未知', 'Unknown'], card: ['模型卡', 'Model card'],
});
