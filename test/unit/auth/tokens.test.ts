// Tokens from the command line to the service: made, shown once, known by their hash, expired, revoked.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOfToken, looksLikeToken, makeToken } from '../../../src/auth/token.ts';
import type { TokenStore } from '../../../src/auth/token-store.ts';
import { runTokenCommand } from '../../../src/command-line/run-token-command.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { randomSecrets } from '../../../src/runtime/secrets.ts';
import { openTokenStore } from '../../../src/store/sqlite/open-token-store.ts';
import type { TokenTools } from '../../../src/workflows/manage-tokens.ts';

let folder: string;
let now: Date;
let opened: TokenStore[];
const clock: Clock = { now: () => now };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alongside-'));
  now = new Date('2026-11-20T12:00:00.000Z');
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  rmSync(folder, { recursive: true });
});

function open(): TokenStore {
  const store = openTokenStore(join(folder, 'alongside.db'), clock);
  opened.push(store);
  return store;
}

function tools(): TokenTools {
  let count = 0;
  return { tokens: open(), clock, newId: () => `token-${++count}`, newSecret: randomSecrets };
}

const gp = ['create', '--role', 'gp', '--subject', 'Practitioner/x'];

describe('a token', () => {
  it('carries 256 random bits after a prefix that a secret scanner can find', () => {
    const token = makeToken(randomSecrets);
    expect(token).toMatch(/^alongside_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(token.slice('alongside_'.length), 'base64url')).toHaveLength(32);
    expect(new Set(Array.from({ length: 1000 }, () => makeToken(randomSecrets))).size).toBe(1000);
  });

  it.each(['', 'Bearer', 'alongside_', `alongside_${'a'.repeat(42)}`, `other_${'a'.repeat(43)}`])(
    'is not "%s"',
    (text) => expect(looksLikeToken(text)).toBe(false),
  );

  it('stands alone on standard output and never in the database', async () => {
    const answer = await runTokenCommand([...gp, '--name', 'Practice of an invented doctor'], tools());
    expect(answer.exitCode).toBe(0);
    expect(answer.stdout).toMatch(/^alongside_[A-Za-z0-9_-]{43}\n$/);
    expect(answer.stderr).toBe(
      'Token token-1 for gp Practitioner/x, without an end date. It is shown once: keep it now.\n',
    );
    const secret = answer.stdout.trim().slice('alongside_'.length);
    const kept = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    expect(kept.length).toBeGreaterThan(0);
    for (const content of kept) expect(content.includes(secret)).toBe(false);
  });

  it('is known to a running service at once, and no longer once it is revoked', async () => {
    const service = open();
    const commandLine = tools();
    const token = (await runTokenCommand(gp, commandLine)).stdout.trim();
    expect(await service.authenticate(token)).toEqual({
      role: 'gp',
      subject: 'Practitioner/x',
      scopes: [],
      tokenId: 'token-1',
    });
    expect(await runTokenCommand(['revoke', 'token-1'], commandLine)).toEqual({
      stdout: '',
      stderr: 'Token token-1 is revoked.\n',
      exitCode: 0,
    });
    expect(await service.authenticate(token)).toBeUndefined();
    expect((await runTokenCommand(['revoke', 'token-1'], commandLine)).stderr).toBe(
      'Token token-1 was revoked before.\n',
    );
    expect(await runTokenCommand(['revoke', 'none'], commandLine)).toEqual({
      stdout: '',
      stderr: 'There is no token none: see token list.\n',
      exitCode: 1,
    });
  });

  it('ends on the day it was made for', async () => {
    const commandLine = tools();
    const token = (await runTokenCommand([...gp, '--expires-in-days', '2'], commandLine)).stdout.trim();
    now = new Date('2026-11-22T11:59:59.999Z');
    expect(await commandLine.tokens.authenticate(token)).toBeDefined();
    now = new Date('2026-11-22T12:00:00.000Z');
    expect(await commandLine.tokens.authenticate(token)).toBeUndefined();
  });

  it('is not known when one letter differs, nor by its hash', async () => {
    const { tokens, ...rest } = tools();
    const token = (await runTokenCommand(gp, { tokens, ...rest })).stdout.trim();
    const last = token.at(-1) === 'A' ? 'E' : 'A';
    expect(await tokens.authenticate(token.slice(0, -1) + last)).toBeUndefined();
    expect(await tokens.authenticate(hashOfToken(token).toString('base64url'))).toBeUndefined();
    expect(await tokens.authenticate(`${token} `)).toBeUndefined();
  });

  it('keeps an integrator to the scopes it was made with', async () => {
    const commandLine = tools();
    const words = [
      'create',
      '--role',
      'integrator',
      '--scope',
      'system/Observation.rs',
      '--scope',
      'system/*.cruds',
    ];
    const token = (await runTokenCommand(words, commandLine)).stdout.trim();
    expect(await commandLine.tokens.authenticate(token)).toEqual({
      role: 'integrator',
      scopes: ['system/Observation.rs', 'system/*.cruds'],
      tokenId: 'token-1',
    });
  });

  it('is listed without its secret', async () => {
    const commandLine = tools();
    expect((await runTokenCommand(['list'], commandLine)).stdout).toBe('There are no tokens yet.\n');
    await runTokenCommand([...gp, '--name', 'surgery'], commandLine);
    await runTokenCommand(['create', '--role', 'system', '--expires-in-days', '1'], commandLine);
    await runTokenCommand(['create', '--role', 'manager'], commandLine);
    await runTokenCommand(['revoke', 'token-3'], commandLine);
    now = new Date('2026-11-22T12:00:00.000Z');
    expect((await runTokenCommand(['list'], commandLine)).stdout).toBe(
      [
        'token-1\tgp Practitioner/x\tsurgery\twithout an end date\n',
        'token-2\tsystem\t-\texpired 2026-11-21T12:00:00.000Z\n',
        'token-3\tmanager\t-\trevoked 2026-11-20T12:00:00.000Z\n',
      ].join(''),
    );
  });
});

describe('a token command that cannot be done', () => {
  it.each([
    [['create'], '--role must be one of gp, therapist, patient, manager, integrator, system.'],
    [
      ['create', '--role', 'doctor'],
      '--role must be one of gp, therapist, patient, manager, integrator, system; this is "doctor".',
    ],
    [
      ['create', '--role', 'gp'],
      'A gp token needs --subject Practitioner/<id> or PractitionerRole/<id>: it says whose patients are seen.',
    ],
    [
      ['create', '--role', 'patient', '--subject', 'Practitioner/x'],
      'The --subject of a patient token must be Patient/<id>; this is "Practitioner/x".',
    ],
    [
      ['create', '--role', 'therapist', '--subject', 'Practitioner/'],
      'The --subject of a therapist token must be Practitioner/<id> or PractitionerRole/<id>; this is "Practitioner/".',
    ],
    [
      ['create', '--role', 'gp', '--subject', 'https://example.org/Practitioner/x'],
      'The --subject of a gp token must be Practitioner/<id> or PractitionerRole/<id>; this is "https://example.org/Practitioner/x".',
    ],
    [['create', '--role', 'system', '--subject', 'Practitioner/x'], 'A system token takes no --subject.'],
    [
      ['create', '--role', 'integrator'],
      'An integrator token needs at least one --scope, such as system/Observation.rs: without one it may do nothing.',
    ],
    [
      ['create', '--role', 'integrator', '--scope', 'user/*.read'],
      '"user/*.read" is not a scope: write system/<type or *>.<letters of cruds in that order>.',
    ],
    [
      ['create', '--role', 'integrator', '--scope', 'system/Observation.sr'],
      '"system/Observation.sr" is not a scope: write system/<type or *>.<letters of cruds in that order>.',
    ],
    [
      [...gp, '--scope', 'system/*.rs'],
      "Only an integrator token takes --scope; a gp's rights come from the role.",
    ],
    [[...gp, '--expires-in-days', '0'], '--expires-in-days must be a whole number from 1 to 36500.'],
    [[...gp, '--expires-in-days', '1e3'], '--expires-in-days must be a whole number from 1 to 36500.'],
    [['revoke'], 'token revoke takes one token id, as token list shows it.'],
    [['list', 'all'], 'token list takes no arguments.'],
    [['steal'], 'token steal is not known: use create, list or revoke.'],
  ])('%j is refused and says what to do', async (words, message) => {
    const answer = await runTokenCommand(words, tools());
    expect(answer.stdout).toBe('');
    expect(answer.exitCode).toBe(2);
    expect(answer.stderr.split('\n')[0]).toBe(message);
  });

  it('an option that is not known is named', async () => {
    const answer = await runTokenCommand([...gp, '--force'], tools());
    expect(answer).toMatchObject({ stdout: '', exitCode: 2 });
    expect(answer.stderr).toContain("'--force'");
  });

  it('without words it explains itself', async () => {
    const answer = await runTokenCommand([], tools());
    expect(answer).toMatchObject({ stdout: '', exitCode: 0 });
    expect(answer.stderr).toContain('token create --role <gp|therapist|patient|manager|integrator|system>');
  });
});
