// What was found, put into the draft: a prediction that gives each customer their group, and segments of it.
import type { Clusters, ModelDocument, Prediction, Text } from '../../shared/api/document';
import type { ClustersLearned } from '../../shared/api/learning';

export type Names = Record<string, Text>;

/** As they were found, with the names that a person gave. */
export function namesOfGroups(result: ClustersLearned, own: Names): Names {
  return Object.fromEntries(result.clusters.map((one) => [one.name, own[one.name] ?? one.title]));
}

/** The prediction as it was learned: the number of groups and the seed are written, so that it gives the same again. */
export function predictionOf(result: ClustersLearned, own: Names, title: Text = { zh: '客户类型', en: 'Kind of customer' }): Prediction {
  const clusters: Clusters = { ...result.prediction.clusters, k: result.k, names: namesOfGroups(result, own) };
  return { title, clusters };
}

/** The draft with the prediction and, if asked for, one segment a group; a segment of that name is replaced. */
export function taken(document: ModelDocument, name: string, prediction: Prediction, segments: boolean): ModelDocument {
  const before = document.predictions?.[name];
  const kept = before ? { ...before, clusters: prediction.clusters } : prediction;
  const next: ModelDocument = { ...document, predictions: { ...document.predictions, [name]: kept } };
  if (!segments) return next;
  const made = Object.entries(prediction.clusters?.names ?? {}).map(([group, title]) => [`${name}_${group}`, { title, base: 'everyone', where: { value: name, equals: group } }] as const);
  return { ...next, segments: { ...document.segments, ...Object.fromEntries(made) } };
}

/** Numbers that usually tell customers apart: how recent, how often, how much. */
export function firstFeatures(document: ModelDocument | null): string[] {
  const all = Object.entries(document?.indicators ?? {});
  const kinds = [['days_since'], ['orders', 'count'], ['sum']];
  return kinds.flatMap((wanted) => all.find(([, one]) => wanted.includes(one.kind) && one.window === undefined)?.[0] ?? all.find(([, one]) => wanted.includes(one.kind))?.[0] ?? []);
}
