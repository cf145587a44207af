// The screen on which a part of the model stands.

const SCREENS: Record<string, string> = { indicators: '/indicators/$name', predictions: '/predictions/$name', scorecards: '/scorecards/$name', decision_tables: '/tables/$name', cross_tables: '/cross-tables/$name', decision_trees: '/trees/$name', flows: '/flows/$name', tiers: '/tiers/$name', segments: '/segments/$name', tests: '/tests/$name' };

/** Where `decision_tables.deal.rows[3]` is edited; rule sets and groupings have a screen for all. */
export function placeOfPath(path: string | null | undefined): { to: string; params?: { name: string } } | null {
  // How lists of next items are learned has no name of its own: there is one of it.
  if (/^next($|[.[])/.test(path ?? '')) return { to: '/next' };
  const match = /^([a-z_]+)\.([^.[]+)/.exec(path ?? '');
  if (!match) return null;
  const [, section, name] = match as unknown as [string, string, string];
  if (section === 'rule_sets') return { to: '/rule-sets' };
  if (section === 'groupings') return { to: '/rfm' };
  const to = SCREENS[section];
  return to ? { to, params: { name } } : null;
}
