import { words } from '../../../shared/i18n/words';

export const useWeightWords = words('weights', {
  helper: ['权重助手', 'Help with weights'], close: ['收起', 'Close'],
  ahp: ['两两比较（AHP）', 'Compare in pairs (AHP)'], entropy: ['按数据差异（熵权法）', 'By how values differ (entropy)'],
  ahpLead: ['每次只比两项：哪一项更重要，重要几倍。权重由全部比较一起算出，前后矛盾的地方会指出来。', 'Two at a time: which matters more, and how many times. The weights follow from all comparisons together, and where they contradict each other is said.'],
  entropyLead: ['不靠判断，只看数据：客户之间差异大的项权重大，人人都一样的项权重为零。它说的是“区分度”，不是“重要性”。', 'No judgement, only data: what differs between customers weighs much, what is the same for all weighs nothing. It says what tells customers apart, not what matters.'],
  keys: ['在格子里：方向键调整，1–9 直接输入，“/”取倒数，Tab 到下一对。', 'In a cell: arrows change it, 1 to 9 set it, “/” turns it round, Tab goes to the next pair.'],
  grid: ['两两比较表', 'Pairs'], pair: ['{{a}} 与 {{b}}', '{{a}} and {{b}}'],
  equal: ['同样重要', 'equally important'],
  more: ['{{a}} 比 {{b}} {{much}}（{{n}} 倍）', '{{a}} matters {{much}} than {{b}} ({{n}} times)'], same: ['{{a}} 与 {{b}} 同样重要', '{{a}} and {{b}} matter equally'],
  m2: ['略为重要', 'a little more'], m3: ['稍微重要', 'somewhat more'], m4: ['比较重要', 'noticeably more'], m5: ['明显重要', 'clearly more'], m6: ['很重要', 'much more'], m7: ['强烈重要', 'very much more'], m8: ['极为重要', 'overwhelmingly more'], m9: ['绝对重要', 'absolutely more'],
  allEqual: ['全部设为同样重要', 'Make all equal'], fromNow: ['从现在的权重开始', 'Begin with the present weights'],
  result: ['算出的权重', 'What follows'], item: ['评分项', 'Attribute'], now: ['现在', 'Now'], then: ['算出', 'Computed'], entropyOf: ['信息熵', 'Entropy'],
  ratio: ['一致性比率 CR', 'Consistency ratio'], ratioHint: ['低于 0.10 说明判断前后一致；等于 0 表示完全一致。', 'Below 0.10 the judgements agree with each other; 0 is perfect agreement.'],
  consistent: ['前后一致', 'consistent'], inconsistent: ['前后矛盾', 'contradictory'], tooMany: ['超过 10 项，不计算一致性', 'more than ten: no ratio is defined'],
  doubt: ['最矛盾的一处', 'The judgement that fits worst'], doubtText: ['{{a}} 对 {{b}}：您给了 {{said}}，其余比较合起来是 {{implied}}。', '{{a}} over {{b}}: you said {{said}}, the others together imply {{implied}}.'], suggest: ['改为 {{n}}', 'Change it to {{n}}'],
  take: ['采用这些权重', 'Take these weights'], taken: ['权重已写入草稿，右侧是对全部客户的影响', 'The weights are in the draft; the right side shows what they do'], undo: ['撤销', 'Undo'],
  needTwo: ['至少要有两个评分项才能比较。', 'It takes at least two attributes to compare.'],
  compute: ['按数据算', 'Compute from the data'], unsaved: ['草稿有未保存的修改，计算用的是已保存的草稿。', 'The draft has unsaved changes; what is saved is computed from.'],
});
export type WeightSay = ReturnType<typeof useWeightWords>;
