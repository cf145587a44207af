// A small retail model, as examples/retail-zh has it; for development and tests only.
import type { ModelDocument } from '../shared/api/document';

export const model: ModelDocument = {
  gradus: 1,
  title: { zh: '青禾会员价值模型', en: 'Qinghe member value' },
  description: { zh: '消费、活跃、口碑三个方面，按百分制加权。', en: 'Spending, activity and opinion, weighted to a hundred.' },
  indicators: {
    recency: { title: { zh: '距上次消费天数', en: 'Days since the last purchase' }, kind: 'days_since', where: "kind = 'order_line' and spend", unit: { zh: '天', en: 'days' } },
    orders: { title: { zh: '订单数', en: 'Orders' }, kind: 'orders', where: "kind = 'order_line' and spend" },
    spend: { title: { zh: '累计消费金额', en: 'Spend' }, kind: 'sum', of: 'amount', where: "kind = 'order_line' and spend", unit: { zh: '元', en: 'CNY' } },
    spend_90: { title: { zh: '近90天消费金额', en: 'Spend in 90 days' }, kind: 'sum', of: 'amount', where: "kind = 'order_line' and spend", window: '90 days' },
    average_order: { title: { zh: '客单价', en: 'Average order' }, kind: 'average', of: 'amount', per: 'order', where: "kind = 'order_line' and spend" },
    visits: { title: { zh: '近90天到店次数', en: 'Visits in 90 days' }, kind: 'count', where: "kind = 'visit'", window: '90 days' },
    satisfaction: { title: { zh: '最近满意度', en: 'Last satisfaction' }, kind: 'last', of: 'satisfaction', where: "kind = 'feedback'" },
    complaints: { title: { zh: '近180天投诉数', en: 'Complaints in 180 days' }, kind: 'count', where: "kind = 'complaint'", window: '180 days' },
    refund: { title: { zh: '退款金额', en: 'Refunds' }, kind: 'sum', of: '-amount', where: "kind = 'refund'", refunds_count_by: 'order' },
    refund_rate: { title: { zh: '退款率', en: 'Refund rate' }, kind: 'ratio', of: 'refund', over: 'spend' },
    net_spend: { title: { zh: '净消费金额', en: 'Net spend' }, kind: 'formula', of: 'spend - refund' },
    city: { title: { zh: '城市', en: 'City' }, kind: 'last', of: 'city', where: "kind = 'profile'" },
  },
  scorecards: {
    value: {
      title: { zh: '客户价值分', en: 'Customer value' },
      combine: 'weighted_sum',
      attributes: {
        recency: { title: { zh: '最近消费', en: 'Recency' }, value: 'recency', weight: 0.25, group: 'spending', bins: [{ below: 30, points: 100 }, { from: 30, below: 90, points: 70 }, { from: 90, below: 180, points: 30 }, { from: 180, points: 0 }], not_applicable: 0 },
        frequency: { title: { zh: '消费频次', en: 'Frequency' }, value: 'orders', weight: 0.2, group: 'spending', bins: [{ below: 1, points: 0 }, { from: 1, below: 3, points: 30 }, { from: 3, below: 8, points: 70 }, { from: 8, points: 100 }] },
        money: { title: { zh: '消费金额', en: 'Spend' }, value: 'spend', weight: 0.3, group: 'spending', quantiles: { points: [0, 25, 50, 75, 100] } },
        visits: { title: { zh: '到店', en: 'Visits' }, value: 'visits', weight: 0.1, slope: { points_each: 20, per: 1 }, cap: { min: 0, max: 10 } },
        satisfaction: { title: { zh: '满意度', en: 'Satisfaction' }, value: 'satisfaction', weight: 0.15, group: 'opinion', bins: [{ in: [5], points: 100 }, { in: [4], points: 75 }, { in: [3], points: 40 }, { else: true, points: 0 }], unknown: 'reweight', not_applicable: 50 },
      },
      groups: { spending: { max: 75 }, opinion: { max: 20 } },
      adjustments: {
        complaint: { title: { zh: '投诉（半衰期 60 天）', en: 'Complaints with a half-life of 60 days' }, per_event: { event: 'complaint', window: '1 years', decay: { half_life: '60 days' } }, points: -6, cap: { min: -15 } },
        profile: { title: { zh: '资料完整', en: 'Complete profile' }, when: { value: 'city', known: true }, points: 2 },
      },
      total: { min: 0, max: 100 },
    },
  },
  rule_sets: {
    service: {
      title: { zh: '服务方式', en: 'How to serve' }, hit: 'first',
      rules: {
        advisor: { title: { zh: '专属顾问', en: 'Own advisor' }, when: { value: 'net_spend', at_least: 20000 }, then: '专属顾问', priority: 2 },
        call: { title: { zh: '主动回访', en: 'Call back' }, when: { all: [{ value: 'complaints', at_least: 1 }, { value: 'net_spend', at_least: 3000 }] }, then: '主动回访', priority: 1 },
        text: { title: { zh: '短信', en: 'Text message' }, when: { value: 'recency', at_most: 180 }, then: '短信' },
      },
      otherwise: '不打扰',
    },
  },
  tiers: {
    membership: {
      title: { zh: '会员等级', en: 'Membership' }, by: 'value', eligible: { value: 'orders', at_least: 1 }, not_graded: { reason: { zh: '还没有消费记录', en: 'No purchase yet' } }, decide: 'monthly',
      levels: {
        member: { title: { zh: '普通会员', en: 'Member' } },
        silver: { title: { zh: '银卡会员', en: 'Silver' }, from: 40, benefits: [{ zh: '生日礼券', en: 'Birthday voucher' }] },
        gold: { title: { zh: '金卡会员', en: 'Gold' }, from: 60, benefits: [{ zh: '免运费', en: 'Free delivery' }, { zh: '生日礼券', en: 'Birthday voucher' }] },
        black: { title: { zh: '黑金会员', en: 'Black' }, from: 75, benefits: [{ zh: '专属顾问', en: 'Own advisor' }, { zh: '免运费', en: 'Free delivery' }] },
      },
    },
  },
  segments: {
    buyers: { title: { zh: '已购客户', en: 'Buyers' }, base: 'everyone', where: { value: 'orders', at_least: 1 } },
    at_risk: { title: { zh: '流失预警', en: 'At risk' }, base: 'buyers', where: { all: [{ value: 'orders', at_least: 3 }, { value: 'recency', more_than: 90 }] } },
    unhappy: { title: { zh: '高价值不满意', en: 'Valuable but unhappy' }, base: 'buyers', where: { all: [{ value: 'net_spend', at_least: 3000 }, { any: [{ value: 'satisfaction', at_most: 3 }, { value: 'complaints', at_least: 1 }] }] } },
    browsing: { title: { zh: '近90天到店但未消费', en: 'Visits without a purchase' }, base: 'everyone', where: { all: [{ did: { event: 'visit', times: { at_least: 2 }, window: '90 days' } }, { did_not: { event: 'order_line', window: '90 days' } }] } },
    gold_at_risk: { title: { zh: '金卡以上流失预警', en: 'Gold and above at risk' }, base: 'buyers', where: { all: [{ tier: { scheme: 'membership', at_least: 'gold' } }, { in_segment: 'at_risk' }] } },
  },
  groupings: {
    rfm8: { title: { zh: 'RFM 八类', en: 'RFM, eight classes' }, base: 'buyers', kind: 'rfm8', recency: 'recency', frequency: 'orders', monetary: 'spend', split: 'median' },
    city: { title: { zh: '城市', en: 'City' }, base: 'buyers', kind: 'by_value', value: 'city' },
  },
};
