import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { ModelDocument } from '../api/document';
import { renew, sendTo, useRead, useSend } from '../api/hooks';
import { useMay } from '../session';
import { useDebounced } from '../ui/debounce';
import { draft, useDraftState } from './store';
import { get, type Path } from './path';

/** The draft, loaded once; edits stay in the page until they are saved. */
export function useDraft() {
  const query = useRead('/model/draft', {}, { staleTime: 30_000 });
  const state = useDraftState();
  const may = useMay();
  const loaded = query.data;
  useEffect(() => {
    // A newer draft replaces ours only while ours has no unsaved change.
    if (loaded && loaded.revision !== draft.get().revision && draft.get().document === draft.get().saved) {
      draft.load(loaded.document, loaded.revision, loaded.base_version ?? null, loaded.findings);
    }
  }, [loaded]);
  return {
    query,
    document: state.document,
    changed: state.document !== state.saved,
    canUndo: state.past.length > 0,
    canRedo: state.future.length > 0,
    findings: state.findings,
    /** Whoever may not save a change does not make one either. */
    set: (path: Path, value: unknown) => {
      if (may('edit_models')) draft.set(path, value);
    },
    at: <T,>(path: Path) => get(state.document, path) as T | undefined,
  };
}

/** Checks the draft while it is edited; the findings show beside the fields. */
export function useChecking() {
  const { document } = useDraftState();
  const settled = useDebounced(document, 500);
  useEffect(() => {
    if (!settled) return;
    const stop = new AbortController();
    sendTo('post', '/model/check', { body: { document: settled } }, stop.signal)
      .then(({ findings }) => draft.found(findings))
      .catch(() => {
        // The check comes again with the next change and on saving.
      });
    return () => stop.abort();
  }, [settled]);
}

export function useSaveDraft() {
  const client = useQueryClient();
  const put = useSend('put', '/model/draft');
  return {
    ...put,
    save: async () => {
      const { document, revision } = draft.get();
      if (!document) return;
      const reply = await put.mutateAsync({ body: { document }, revision });
      // What was typed while saving stays unsaved.
      draft.kept(document as ModelDocument, reply.revision, reply.findings);
      client.setQueryData(['/model/draft', {}], { ...reply, document });
      renew(client, ['/model/diff', '/indicators']);
    },
  };
}
