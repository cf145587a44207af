import type { Text } from '../api/document';

/** Kinds of events that most sources have; others go by their name. */
const KINDS: Record<string, Text> = {
  order_line: { zh: '订单行', en: 'order line' }, order: { zh: '订单', en: 'order' }, refund: { zh: '退款', en: 'refund' }, return_line: { zh: '退货行', en: 'return line' },
  visit: { zh: '到店', en: 'visit' }, feedback: { zh: '问卷', en: 'feedback' }, complaint: { zh: '投诉', en: 'complaint' }, profile: { zh: '资料', en: 'profile' },
  payment: { zh: '付款', en: 'payment' }, login: { zh: '登录', en: 'sign-in' }, response: { zh: '响应', en: 'response' }, identify: { zh: '识别', en: 'identification' },
  stock_correction: { zh: '库存更正', en: 'stock correction' }, bad_debt: { zh: '坏账', en: 'bad debt' },
};
export const kindTitle = (name: string): Text => KINDS[name] ?? name;
