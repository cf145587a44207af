// One client, typed by the API's document. Screens use `useRead`, `useSend`, `useMore`; nothing wraps a request again.
import createClient from 'openapi-fetch';
import type { paths } from './paths';
import { ApiError, errorOf } from './error';
import { currentLang } from '../i18n/language';

export const API = '/api/v1';

type Fetch = (request: Request) => Promise<Response>;
let transport: Fetch = (request) => fetch(request);
/** The mock and the tests answer in the page itself. */
export function answerWith(own: Fetch) {
  transport = own;
}
let signedOut = () => {};
export function onSignedOut(act: () => void) {
  signedOut = act;
}

/** What asks by POST because the question is long changes nothing, so its answer need not be kept for a second asking; that of a
 * table of five thousand rows could not be. */
const QUESTIONS = /\/(preview\/[a-z]+|model\/(check|test|rules)|customers\/search|satisfaction\/customers|learn\/cuts|weights\/ahp|uploads\/[^/]+\/(preview|propose))$/;
export const isQuestion = (url: string) => QUESTIONS.test(new URL(url).pathname);
let ask: (ways: string[]) => Promise<boolean> = async () => false;
let asking: Promise<boolean> | null = null;
/** Who asks people to show that it is still they; true once they have. */
export function onProof(act: (ways: string[]) => Promise<boolean>) {
  ask = act;
}
/** What is asked for at once is asked once. */
function prove(ways: string[]) {
  asking ??= ask(ways).finally(() => { asking = null; });
  return asking;
}

/** Every request of the page goes through here. */
export async function send(request: Request): Promise<Response> {
  request.headers.set('Accept-Language', currentLang());
  if (request.method !== 'GET') request.headers.set('X-Gradus', '1');
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key') && !isQuestion(request.url)) request.headers.set('Idempotency-Key', newKey());
  // A file is not kept twice; sending one is nothing that wants a proof.
  const again = request.url.includes('/uploads') ? null : request.clone();
  let response: Response;
  try {
    response = await transport(request);
  } catch {
    throw new ApiError({ title: 'offline', status: 0, code: 'offline' });
  }
  if (response.ok) return response;
  const error = await errorOf(response);
  // A wrong password or an old link is told where it was typed; only who is not signed in goes to the door.
  if (error.code === 'not_signed_in' && !request.url.endsWith('/session')) signedOut();
  // Whoever shows that it is still they goes on with what they were doing.
  if (error.code === 'reauthentication_required' && again && (await prove(error.problem.proofs ?? []))) return send(again);
  throw error;
}

function newKey() {
  // randomUUID needs a secure context; plain http inside a company network has none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const origin = typeof location === 'undefined' || location.origin === 'null' ? 'http://localhost' : location.origin;
export const api = createClient<paths>({ baseUrl: origin + API, fetch: send });

/** Sends one file as the raw body and tells how far it got. */
export async function upload(file: File): Promise<{ upload: string; name: string; n_bytes: number }> {
  const url = `${origin}${API}/uploads?name=${encodeURIComponent(file.name)}`;
  const response = await send(new Request(url, { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' } }));
  return response.json();
}

/** Fetches a file whose sending may want a proof first: a link could not ask for it. */
export async function fetched(path: string): Promise<Blob> {
  return (await send(new Request(`${origin}${API}${path}`))).blob();
}

export function fileUrl(id: string) {
  return `${API}/files/${encodeURIComponent(id)}`;
}
