import { useRead } from '../../shared/api/hooks';
import { TierEffect } from '../../shared/preview/TierEffect';
import { useModelPreview } from '../../shared/preview/useModelPreview';
import { Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useVersionWords } from './words';

/** Whom a version would move if it held from now on: for whoever approves it, or goes back to it. */
export function VersionEffect({ version }: { version: number }) {
  const say = useVersionWords();
  const ui = useUi();
  // A version never changes.
  const query = useRead('/model/versions/{version}', { path: { version } }, { staleTime: Infinity });
  const document = query.data?.document ?? null;
  const scheme = Object.keys(document?.tiers ?? {})[0];
  const preview = useModelPreview(document, { scheme, scorecard: scheme ? document?.tiers?.[scheme]?.by : undefined }, !!scheme);
  return (
    <Loaded query={query} rows={2}>{() => (
      !scheme ? <p className="faint small">{say('noSchemeIn')}</p> : preview.data ? <TierEffect preview={preview.data} /> : preview.error ? <Trouble error={preview.error} /> : <p className="faint" role="status">{ui('loading')}</p>
    )}</Loaded>
  );
}
