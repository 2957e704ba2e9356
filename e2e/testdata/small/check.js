// Proves that what package.json asks for is installed and works: right versions,
// packages that load and do their task, executables, platform binaries.
'use strict';
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const root = process.cwd();
const load = createRequire(path.join(root, 'package.json'));
const manifest = (dir) => JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
const installed = (name) => manifest(path.join(root, 'node_modules', name));

// The range of each dependency, an alias's own range included, is exact or ^.
for (const [name, spec] of Object.entries(manifest(root).dependencies)) {
  const [, target, range] = spec.match(/^npm:(.+)@([^@]+)$/) || [null, name, spec];
  const found = installed(name);
  assert.strictEqual(found.name, target, `folder ${name}`);
  const wanted = range.replace('^', '').split('.').map(Number);
  const got = found.version.split('.').map(Number);
  const fixed = range.startsWith('^') ? (wanted[0] === 0 ? 2 : 1) : 3;
  assert.deepStrictEqual(got.slice(0, fixed), wanted.slice(0, fixed), `${name} ${range}: ${found.version}`);
}

assert.strictEqual(typeof load('express')().listen, 'function');
assert.match(load('@babel/core').transformSync('let a = 1', { configFile: false }).code, /let a = 1/);
assert.strictEqual(load('lodash4').chunk([1, 2, 3], 2).length, 2);
assert.strictEqual(load('@alias/ms')('2s'), 2000);
assert.strictEqual(load('babel-types').isIdentifier(load('babel-types').identifier('x')), true);
assert.strictEqual(typeof load('JSONStream').parse, 'function');
assert.match(load('uuid/v4')(), /^[0-9a-f-]{36}$/);
assert.strictEqual(load('@node-rs/crc32').crc32('feed'), 591414443);
assert.ok(load('@aws-cdk/cloud-assembly-schema').Manifest);
const React = load('react');
assert.strictEqual(load('react-dom/server').renderToStaticMarkup(React.createElement('b', null, 'x')), '<b>x</b>');

// A dot in a name, two edges away from the root.
const express = createRequire(fs.realpathSync(load.resolve('express')));
const proxyAddr = createRequire(fs.realpathSync(express.resolve('proxy-addr')));
assert.strictEqual(proxyAddr('ipaddr.js').isValid('::1'), true);

// esbuild's binary, through its library and through its link in .bin.
const esbuild = load('esbuild');
assert.match(esbuild.transformSync('let a: number = 1', { loader: 'ts' }).code, /let a = 1/);
const shown = execFileSync(path.join(root, 'node_modules', '.bin', 'esbuild'), ['--version'], { encoding: 'utf8' });
assert.strictEqual(shown.trim(), installed('esbuild').version);

// Only this platform's variants are installed.
const variants = fs.readdirSync(path.join(root, 'node_modules')).includes('@esbuild')
  ? fs.readdirSync(path.join(root, 'node_modules', '@esbuild')) : [];
assert.ok(variants.length <= 1, `surplus platform packages: ${variants}`);
