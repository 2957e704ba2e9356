// Proves that express is installed and answers.
'use strict';
const assert = require('node:assert');
const path = require('node:path');
const { createRequire } = require('node:module');

const load = createRequire(path.join(process.cwd(), 'package.json'));
assert.match(load('express/package.json').version, /^4\./);
const server = load('express')().get('/', (request, response) => response.send('yes')).listen(0, '127.0.0.1', async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.strictEqual(await answer.text(), 'yes');
  server.close();
});
