// Gives JSON files that a script has written the form that the format check asks for.
import { spawnSync } from 'node:child_process';

export function formatFiles(paths: readonly string[]): void {
  const run = spawnSync(
    'npx',
    ['biome', 'format', '--write', '--config-path=scripts/biome-config.json', ...paths],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  if (run.status !== 0) process.exitCode = 1;
}
