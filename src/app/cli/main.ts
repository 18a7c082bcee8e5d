#!/usr/bin/env node
// The command `emerging`. A build has its modules bundled too, which load faster (scripts/bundle-commands.mjs).
import { existsSync } from 'node:fs';

const bundle = new URL('bundle/start.js', import.meta.url);

/**
 * Whether to load the modules themselves: parts that the user imports register with them, and stack traces name them.
 */
const needsModules =
  process.argv.some((word) => /^--(import(=.*)?|debug)$/s.test(word)) ||
  process.execArgv.length > 0 ||
  process.env.NODE_OPTIONS !== undefined;

await (needsModules || !existsSync(bundle) ? import('./start.ts') : import(bundle.href));
