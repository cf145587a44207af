import { describe, expect, it } from 'vitest';
import { day, minute, seconds } from '../src/shared/format/date';
import { bytes, count, decimal, money, percent, short, shortMoney, signed } from '../src/shared/format/number';
import { span, sayWindow } from '../src/shared/condition/say';
import { csvOf } from '../src/shared/ui/download';

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
