import { words } from '../../shared/i18n/words';

export const useOutlookWords = words('dashboard-outlook', {
  tab: ['预测', 'Outlook'],
  emptyTitle: ['还没有可看的预测', 'No prediction to look at yet'],
  emptyText: ['建好终身价值或流失概率，发布并评级之后，这里会显示整体和各等级未来的价值与风险。', 'Make lifetime value or churn, publish and grade: then value and risk to come are shown here, of everybody and by tier.'],
  toPredictions: ['去建预测', 'Go to predictions'],
  ahead: ['未来 {{span}}的预期价值', 'Expected value of the next {{span}}'], mean: ['人均', 'A head'], toDate: ['迄今', 'To date'], atRisk: ['有流失风险的客户', 'Customers at risk'], likely: ['预期会发生的客户', 'Customers to expect it of'], meanChance: ['平均概率', 'Mean chance'],
  of: ['{{n}} 位客户有预测', 'of {{n}} customers'], share: ['占 {{n}}', '{{n}} of them'],
  valueByTier: ['各{{name}}的预期价值', 'Expected value by {{name}}'], riskByTier: ['各{{name}}的流失风险', 'Customers at risk by {{name}}'],
  level: ['等级', 'Tier'], customers: ['客户', 'Customers'], total: ['合计', 'Total'], distribution: ['分布', 'Distribution'], notGraded: ['未定级', 'Not graded'],
  opens: ['点击柱子打开客户。', 'A bar opens its customers.'], card: ['模型卡', 'Model card'], refused: ['不作预测：{{why}}', 'Refused: {{why}}'], discounted: ['按 {{rate}} 的年折现率', 'at a yearly discount of {{rate}}'],
});
