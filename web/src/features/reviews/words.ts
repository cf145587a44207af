import { words } from '../../shared/i18n/words';

export const useReviewWords = words('reviews', {
  title: ['季度复盘', 'Quarterly review'],
  lead: ['一个季度过后回头看：等级怎样流动，客户变了没有，评级说准了没有，哪里说反了，建议怎么改。', 'A quarter later: how tiers moved, whether customers changed, whether the grades were right, where they were wrong, and what to change.'],
  quarter: ['哪个季度', 'Quarter'], lastQuarter: ['最近一个完整的季度', 'the last one that is over'], run: ['开始复盘', 'Make the review'],
  earlier: ['以前的复盘', 'Earlier reviews'],
  emptyTitle: ['还没有复盘', 'No review yet'],
  emptyText: ['一次复盘会给出：依据与客户数、等级流动、漂移、各级后来的结果、与规则相反的地方，以及改好的草稿（先试算，再决定要不要）。', 'A review gives: what it rests on, moves between tiers, drift, what came of each tier, where outcomes contradict the rules, and a changed draft, which you simulate before you decide.'],
  notOver: ['这个季度还没有结束，结论只到 {{until}}。', 'The quarter is not over: this is as far as {{until}}.'],
  evidence: ['依据', 'What it rests on'], moves: ['等级流动', 'Moves between tiers'], moved: ['{{scheme}}：{{up}} 位升，{{down}} 位降，{{same}} 位不变', '{{scheme}}: {{up}} rose, {{down}} fell, {{same}} stayed'],
  drift: ['客户变了没有', 'Have customers changed'], right: ['评级说准了没有', 'Were the grades right'],
  contradictions: ['与结果相反的地方', 'Where outcomes contradict the rules'], noContradictions: ['没有发现。', 'None was found.'],
  proposals: ['建议的修改', 'What is proposed'], noProposals: ['没有需要改的地方：证据不足以支持任何修改。', 'Nothing: there is not evidence enough for any change.'],
  take: ['采用为草稿并试算', 'Take into the draft and simulate'],
  takeTitle: ['用建议的方案替换草稿？', 'Replace the draft by what is proposed?'], takeText: ['现有草稿会被替换（可以在草稿里撤销）。替换之后马上试算，谁的等级都不会变。', 'The present draft is replaced (you can undo that). It is simulated at once, and nobody’s tier changes.'],
  taken: ['已写入草稿', 'It is in the draft'], conflict: ['别人刚改过草稿，请再试一次。', 'Somebody has just changed the draft; try once more.'],
  html: ['下载网页版', 'Download as a page'], markdown: ['下载 Markdown', 'Download Markdown'],
  of: ['{{quarter}}：{{from}} 之后至 {{until}}', '{{quarter}}: after {{from}} until {{until}}'],
  more: ['逐项看漂移', 'See drift in full'], moreBacktest: ['逐项看回测', 'Back-test in full'],
});
