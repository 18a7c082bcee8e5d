#!/usr/bin/env node
// The command `emerging`. A build has its modules bundled too, which load in half the time (scripts/bundle-commands.mjs).
import { existsSync } from 'node:fs';

const bundle = new URL('bundle/start.js', import.meta.url);

/** Whether modules may register parts: they do so in the library's own modules, not in the bundle. */
const mayImport =
  process.argv.some((word) => /^--import(=|$)/.test(word)) ||
  process.execArgv.length > 0 ||
  process.env.NODE_OPTIONS !== undefined;

await (mayImport || !existsSync(bundle) ? import('./start.ts') : import(bundle.href));
