import { describe, expect, it } from 'vitest';
import { begins, day, later, minute, seconds } from '../src/shared/format/date';
import { bytes, count, decimal, money, percent, short, shortMoney, signed } from '../src/shared/format/number';
import { span, sayWindow } from '../src/shared/condition/say';
import { csvOf } from '../src/shared/ui/download';
import { storedText } from '../src/shared/i18n/language';

describe('numbers', () => {
  it('are short in 万 and 亿, or in K and M', () => {
    expect(short(9999, 'zh')).toBe('9,999');
    expect(short(12_345, 'zh')).toBe('1.23 万');
    expect(short(123_456_789, 'zh')).toBe('1.23 亿');
    expect(short(12_345, 'en')).toBe('12.3K');
    expect(short(12_345_678, 'en')).toBe('12.3M');
    expect(short(-50_000, 'zh')).toBe('-5 万');
  });

  it('keep exact decimals that come as text', () => {
    expect(money('1240.0000', 'CNY', 'zh')).toBe('¥1,240.00');
    expect(money('1240.5', 'GBP', 'en')).toBe('£1,240.50');
    expect(shortMoney('9822110.5', 'CNY', 'zh')).toBe('¥982 万');
    expect(decimal('0.1000', 'en')).toBe('0.1');
  });

  it('show a dash where there is none', () => {
    for (const none of [null, undefined, '', 'x']) expect(count(none, 'zh')).toBe('–');
    expect(percent(null, 'en')).toBe('–');
  });

  it('have signs, shares and sizes', () => {
    expect(signed(3, 'zh')).toBe('+3');
    expect(signed(0, 'zh')).toBe('0');
    expect(percent(0.1234, 'zh')).toBe('12.3%');
    expect(bytes(4_811_233, 'en')).toBe('4.6 MB');
  });
});

describe('dates', () => {
  it('keep a local date and show an instant in the zone of the workspace', () => {
    expect(day('2025-06-30', 'Asia/Shanghai')).toBe('2025-06-30');
    expect(day('2025-06-29T16:00:00Z', 'Asia/Shanghai')).toBe('2025-06-30');
    expect(minute('2025-06-29T16:00:00Z', 'Asia/Shanghai')).toBe('2025-06-30 00:00');
    expect(minute('nonsense')).toBe('nonsense');
    expect(seconds(125)).toBe('2 min 5 s');
  });

  it('begin at midnight of the workspace, whatever the season', () => {
    expect(begins('2026-12-01', 'Asia/Shanghai')).toBe('2026-11-30T16:00:00.000Z');
    expect(begins('2026-07-01', 'Europe/London')).toBe('2026-06-30T23:00:00.000Z');
    expect(begins('2026-12-01', 'Europe/London')).toBe('2026-12-01T00:00:00.000Z');
    // The days on which the clocks change are after their own midnight.
    expect(begins('2026-03-29', 'Europe/London')).toBe('2026-03-29T00:00:00.000Z');
    expect(begins('2026-11-01', 'America/New_York')).toBe('2026-11-01T04:00:00.000Z');
    expect(later('2026-12-31', 1)).toBe('2027-01-01');
  });

  it('read spans in either language', () => {
    expect(span('90天', 'en')).toBe('90 days');
    expect(span('1 months', 'en')).toBe('1 month');
    expect(span('12 months', 'zh')).toBe('12 个月');
    expect(sayWindow({ calendar: 'last_month' }, 'zh')).toBe('上月');
  });
});

it('a cell never becomes a formula in a spreadsheet', () => {
  expect(csvOf(['a'], [['=1+1'], ['-5'], ['@x'], ['say "hi", you']])).toBe('\ufeffa\r\n\'=1+1\r\n-5\r\n\'@x\r\n"say ""hi"", you"\r\n');
});

describe('a text that is kept in both languages', () => {
  it('is read in the reader’s; one that is not is shown as it is', () => {
    expect(storedText('{"zh":"回测","en":"back-tested"}', 'en')).toBe('back-tested');
    expect(storedText('{"zh":"回测"}', 'en')).toBe('回测');
    expect(storedText('{neither', 'zh')).toBe('{neither');
    expect(storedText(null, 'zh')).toBe('');
  });
});
