// The draft of the model as the page edits it: one document, every change can be taken back.
import { useSyncExternalStore } from 'react';
import type { Finding } from '../api/contract';
import type { ModelDocument } from '../api/document';
import { set, type Path } from './path';

interface State {
  document: ModelDocument | null;
  saved: ModelDocument | null;
  /** Of the draft as the server holds it; NOT_LOADED before it came, negative while it is a version in force. */
  revision: number;
  base: number | null;
  findings: Finding[];
  past: ModelDocument[];
  future: ModelDocument[];
}

const NOT_LOADED = Number.MIN_SAFE_INTEGER;
const MOST = 200;
/** Changes to the same field within this time are one step back. */
const TOGETHER_MS = 800;

export class DraftStore {
  private state: State = { document: null, saved: null, revision: NOT_LOADED, base: null, findings: [], past: [], future: [] };
  private listeners = new Set<() => void>();
  private last = { path: '', at: 0 };

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.state;

  private put(next: Partial<State>) {
    this.state = { ...this.state, ...next };
    for (const listener of this.listeners) listener();
  }

  /** What the server holds; unsaved changes are gone. */
  load(written: ModelDocument, revision: number, base: number | null, findings: Finding[]) {
    // A workspace without a model has an empty document; the format number makes it one.
    const document = written.gradus ? written : { ...written, gradus: 1 };
    this.put({ document, saved: document, revision, base, findings, past: [], future: [] });
  }

  /** What the server holds now, with our changes put together with it: they are the one step that can be taken back. */
  join(written: ModelDocument, revision: number, base: number | null, findings: Finding[], joined: ModelDocument) {
    this.load(written, revision, base, findings);
    this.last = { path: '', at: 0 };
    const { saved } = this.state;
    if (saved && JSON.stringify(saved) !== JSON.stringify(joined)) this.put({ document: joined, past: [saved] });
  }

  /** Whatever the server holds next is taken. */
  forget() {
    const { document } = this.state;
    this.put({ saved: document, revision: NOT_LOADED, past: [], future: [] });
  }

  /** The server has it now. */
  kept(document: ModelDocument, revision: number, findings: Finding[]) {
    this.put({ saved: document, revision, findings });
  }

  set(path: Path, value: unknown, now = Date.now()) {
    const { document, past } = this.state;
    if (!document) return;
    const key = JSON.stringify(path);
    const together = key === this.last.path && now - this.last.at < TOGETHER_MS && past.length > 0;
    this.last = { path: key, at: now };
    this.put({ document: set(document, path, value), past: together ? past : [...past.slice(-MOST + 1), document], future: [] });
  }

  /** The next change is a step of its own, however soon it comes. */
  apart() {
    this.last = { path: '', at: 0 };
  }

  undo() {
    const { past, document, future } = this.state;
    const before = past.at(-1);
    if (!before || !document) return;
    this.last = { path: '', at: 0 };
    this.put({ document: before, past: past.slice(0, -1), future: [document, ...future] });
  }

  redo() {
    const { past, document, future } = this.state;
    const [next, ...rest] = future;
    if (!next || !document) return;
    this.put({ document: next, past: [...past, document], future: rest });
  }

  revert() {
    const { saved, document, past } = this.state;
    if (!saved || !document || saved === document) return;
    this.put({ document: saved, past: [...past, document], future: [] });
  }

  found(findings: Finding[]) {
    this.put({ findings });
  }
}

export const draft = new DraftStore();

export function useDraftState() {
  return useSyncExternalStore(draft.subscribe, draft.get, draft.get);
}
