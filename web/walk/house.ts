// The real binary on the real retail data: a workspace made once by the command line, a copy for each walk.
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const repository = resolve(import.meta.dirname, '../..');
const target = resolve(repository, process.env.CARGO_TARGET_DIR ?? 'target');
export const gradus = join(target, 'debug/gradus');
export const place = join(target, 'walk');
export const shots = join(place, 'shots');
mkdirSync(shots, { recursive: true });

export const OPERATOR = 'operator@example.com';
export const APPROVER = 'approver@example.com';
export const ADMINISTRATOR = 'administrator@example.com';
export const VIEWER = 'viewer@example.com';
export const PASSWORD = 'correct horse battery';

function run(workspace: string, ...args: string[]): string {
  return execFileSync(gradus, ['--workspace', workspace, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A workspace of the retail example, graded for the newest four instants; made once for all walks of this run. */
function graded(): string {
  const workspace = join(place, 'graded');
  if (existsSync(join(workspace, '.graded'))) return workspace;
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  run(workspace, 'init', '--example', join(repository, 'examples/retail'));
  run(workspace, 'import', join(repository, 'examples/retail/data/online_retail_2010_2011.csv.gz'));
  run(workspace, 'grade', '--as-of', '2011-09-30..2011-12-09', '--every', 'month');
  execFileSync('touch', [join(workspace, '.graded')]);
  return workspace;
}

export interface House { url: string; workspace: string; link: (email: string) => string; stop: () => Promise<void> }

export type Run = typeof run;
interface Wanted { empty?: boolean; lived?: boolean; lang?: string; from?: string; before?: (workspace: string, command: Run) => void }

/** Serves a copy of the graded workspace, or an empty one, with four people; `lived`: with what the demo's people did in it;
 * `before`: what the command line does first, while nobody serves it; `from`: another walk's workspace, in which the people are already. */
export async function serve(name: string, { empty = false, lived = false, lang = 'en', from, before }: Wanted = {}): Promise<House> {
  const workspace = join(place, name);
  rmSync(workspace, { recursive: true, force: true });
  if (empty) {
    mkdirSync(workspace, { recursive: true });
    run(workspace, 'init');
  } else cpSync(from ?? graded(), workspace, { recursive: true });
  before?.(workspace, run);
  const people = [[OPERATOR, 'Olivia', 'operator'], [APPROVER, 'Paul', 'approver'], [ADMINISTRATOR, 'Ada', 'administrator'], [VIEWER, 'Vera', 'viewer']] as const;
  if (!from) for (const [email, title, role] of people) run(workspace, '--lang', lang, 'user', 'add', email, '--name', title, '--role', role);
  const child = spawn(gradus, ['--workspace', workspace, '--format', 'json', 'serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { url } = await firstLine(child);
  const link = (email: string) => run(workspace, 'user', 'link', email, '--at', url).trim();
  // Not execFileSync: what the server says meanwhile has to be read.
  if (lived) await promisify(execFile)(process.execPath, [join(repository, 'scripts/demo.mjs'), link(OPERATOR), link(APPROVER), 'retail', lang]);
  return {
    url,
    workspace,
    link,
    stop: () => ended(child),
  };
}

/** A workspace that nobody has signed in to: its first administrator comes by the code on the console. */
export async function bare(name: string): Promise<House & { code: string }> {
  const workspace = join(place, name);
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  run(workspace, 'init');
  const child = spawn(gradus, ['--workspace', workspace, '--format', 'json', 'serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { url, setup_code } = await firstLine(child);
  return { url, workspace, code: setup_code ?? '', link: (email) => run(workspace, 'user', 'link', email, '--at', url).trim(), stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGTERM');
  });
}

export function firstLine(child: ChildProcess): Promise<{ url: string; setup_code?: string }> {
  return new Promise((done, failed) => {
    let out = '';
    let err = '';
    child.stderr!.on('data', (part) => { err += part; });
    child.stdout!.on('data', (part) => {
      out += part;
      if (out.includes('\n')) done(JSON.parse(out.slice(0, out.indexOf('\n'))));
    });
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}: ${err}`)));
  });
}
