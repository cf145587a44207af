import { words } from '../../shared/i18n/words';

export const useNextWords = words('next', {
  title: ['接下来买什么', 'What they buy next'],
  lead: ['从谁一起买了什么、隔多久再买，推出每位客户接下来最可能买的商品，并在留出的月份上与“只推热销”比较：不比热销更准，就不该用。', 'From what is bought together and how soon again, what each customer is likely to buy next, held against plain bestsellers in months that were kept apart: what does no better should not be used.'],
  run: ['开始学习', 'Learn'],
  emptyTitle: ['还没有学过', 'Nothing has been learned yet'], emptyText: ['学一次会给出：', 'Learning gives:'],
  step1: ['每位客户的推荐与理由；买过的、缺货的、拒绝过的不会出现。', 'What to offer to each customer and why; what they have, what is out of stock and what they refused is left out.'],
  step2: ['在留出的月份上的命中率与 NDCG，对照热销榜。', 'Hit rate and NDCG in months kept apart, beside bestsellers.'],
  step3: ['该补货的商品与到期日；客户名单里多出两列，可以导出去联系客户。', 'What is due to be bought again and when; lists of customers get two more columns, to be exported.'],
  toImports: ['先去导入订单', 'Bring in orders first'],
  means: ['一句话', 'In short'], judged: ['比热销榜准吗', 'Better than bestsellers?'], month: ['留出的月份', 'Month kept apart'],
  method: ['方法', 'Method'], hitRate: ['命中率', 'Hit rate'], ndcg: ['NDCG', 'NDCG'], recall: ['召回', 'Recall'], items: ['推荐过的商品数', 'Items offered'], best: ['采用', 'used'], baseline: ['对照', 'baseline'],
  judgedHint: ['向每位客户推荐 {{k}} 件：命中率是其中至少一件真的被买走的客户占比；NDCG 还看排在前面没有。检验于 {{n}} 位客户。', '{{k}} items for each customer: the hit rate is the share of customers who bought at least one of them; NDCG also asks whether it stood near the top. Tested on {{n}} customers.'],
  rules: ['一起买的规律', 'Bought together'], bought: ['买了', 'Bought'], then: ['也买', 'Also buy'], support: ['支持度', 'Support'], confidence: ['置信度', 'Confidence'], lift: ['提升度', 'Lift'], times: ['次数', 'Times'], rulesHint: ['置信度：买了左边的客户中也买右边的占比；提升度大于 1 才说明两者有关。', 'Confidence: of those who bought the left, how many buy the right; only a lift above 1 says that they belong together.'], noRules: ['没有足够的一起购买记录。', 'Too little was bought together.'], find: ['按商品查找', 'Find an item'],
  due: ['该补货了', 'Due to be bought again'], item: ['商品', 'Item'], rhythm: ['通常隔', 'Usually after'], days: ['{{n}} 天', '{{n}} days'], buyers: ['重复购买的客户', 'Repeat buyers'], dueNow: ['现在到期', 'Due now'], noDue: ['没有按规律重复购买的商品。', 'Nothing is bought again at a rhythm.'],
  list: ['客户名单（可导出）', 'List of customers, to be exported'],
  beats: ['命中率比对照高 {{by}} 个百分点（{{low}} 至 {{high}}），不是偶然。', 'The hit rate is {{by}} points above the baseline ({{low}} to {{high}}), which is more than chance.'], unsure: ['命中率与对照相差 {{by}} 个百分点（{{low}} 至 {{high}}），可能只是偶然。', 'The hit rate differs from the baseline by {{by}} points ({{low}} to {{high}}), which may be chance.'],
  dueCame: ['有购买规律的 {{n}} 组“客户与商品”里，预计会再买 {{expected}} 组，实际买了 {{came}} 组。', 'Of {{n}} pairs of customer and item with a rhythm, {{expected}} were expected to be bought again; {{came}} were.'],
  dueFar: ['预计得太多：到期日只能当提示，不要据此安排联系。', 'Far too many were foretold: take due dates as a hint, not as a reason to call.'],
  basis: ['依据 {{customers}} 位客户、{{items}} 种“{{of}}”。', 'From {{customers}} customers and {{items}} items ({{of}}).'], blocked: ['其中 {{n}} 种缺货或被排除，不向任何人推荐。', '{{n}} of them are out of stock or excluded and shown to nobody.'],
});
export type NextSay = ReturnType<typeof useNextWords>;
