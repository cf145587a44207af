// Cuts that were found, as bins and bands take them.
import { describe, expect, it } from 'vitest';
import { clipped } from '../src/shared/chart/CutsDistribution';
import { binsAt, rounded } from '../src/shared/cuts/cuts';

describe('cuts', () => {
  it('are as short as they can be without moving customers about', () => {
    expect(rounded([487.31, 1203.9, 5512.44])).toEqual([490, 1200, 5500]);
    expect(rounded([12.3456, 12.3467])).toEqual([12.3456, 12.3467]);
    expect(rounded([0, 1])).toEqual([0, 1]);
    expect(rounded([-20.04, 3])).toEqual([-20, 3]);
    expect(rounded([])).toEqual([]);
  });

  it('become bins that touch, with points from the first to the last', () => {
    expect(binsAt([10, 20], [{ below: 5, points: 0 }, { from: 5, points: 100 }])).toEqual([{ below: 10, points: 0 }, { from: 10, below: 20, points: 50 }, { from: 20, points: 100 }]);
    // A falling card falls still; categories and the rest stay behind.
    expect(binsAt([10], [{ below: 5, points: 90 }, { from: 5, below: 6, points: 50 }, { from: 6, points: 10 }, { in: ['x'], points: 7 }, { else: true, points: 1 }])).toEqual([{ below: 10, points: 90 }, { from: 10, points: 10 }, { in: ['x'], points: 7 }, { else: true, points: 1 }]);
  });

  it('are drawn of one width, however far the greatest lies out', () => {
    const bin = (from: number, to: number) => ({ from, to, count: 1 });
    expect(clipped([bin(0, 10), bin(10, 20), bin(20, 9000)])[2]).toEqual({ from: 20, to: 30, count: 1, open: true });
    expect(clipped([bin(0, 10), bin(10, 25)])).toEqual([bin(0, 10), bin(10, 25)]);
    expect(clipped([bin(0, 10)])).toEqual([bin(0, 10)]);
  });

  it('keep points and titles where there are as many bins as before', () => {
    expect(binsAt([10], [{ title: { zh: '低' }, below: 5, points: 33 }, { from: 5, points: 44 }])).toEqual([{ title: { zh: '低' }, below: 10, points: 33 }, { from: 10, points: 44 }]);
    expect(binsAt([10], [])).toEqual([{ below: 10, points: 0 }, { from: 10, points: 100 }]);
  });
});
