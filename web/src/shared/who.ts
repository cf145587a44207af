// Filters of `/customers/search`, as an answer carries them, turned into the address of the list of customers.
import type { Opens } from './api/learned';
import { rangesText } from './ranges';

export function addressOf({ tier, segment, group, category, ranges, as_of }: Opens): Record<string, string> {
  const all: Record<string, string | undefined> = {
    scheme: tier?.scheme, level: tier ? (tier.level ?? 'not_graded') : undefined, segment,
    grouping: group?.grouping, group: group?.group, indicator: category?.indicator, value: category?.value,
    ranges: ranges?.length ? rangesText(ranges) : undefined, as_of,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
