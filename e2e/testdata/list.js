// Prints what is installed below node_modules, bundled packages included, as a
// sorted JSON list of name@version, whatever layout the client uses.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const found = new Set();

function package_(dir) {
  let manifest;
  try {
    manifest = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (manifest && manifest.name && manifest.version) found.add(`${manifest.name}@${manifest.version}`);
  modules(path.join(dir, 'node_modules'));
}

function folders(dir) {
  let entries = [];
  try {
    entries = fs.readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return entries.filter((entry) => entry.isDirectory());
}

function modules(dir) {
  for (const { name } of folders(dir)) {
    const child = path.join(dir, name);
    if (name === '.pnpm') for (const entry of folders(child)) modules(path.join(child, entry.name, 'node_modules'));
    else if (name.startsWith('@')) for (const entry of folders(child)) package_(path.join(child, entry.name));
    else if (!name.startsWith('.')) package_(child);
  }
}

modules('node_modules');
console.log(JSON.stringify([...found].sort()));
