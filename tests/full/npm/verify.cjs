#!/usr/bin/env node
// Verifies a Sigstore bundle with @sigstore/verify, offline, and prints the statement that was signed.
//
//   verify.cjs BUNDLE --key PUBLIC.pem
//   verify.cjs BUNDLE --trusted-root ROOT.json --identity NAME     a timestamp must prove the time

'use strict';

const { createPublicKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { parseArgs } = require('node:util');
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const read = file => JSON.parse(readFileSync(file, 'utf8'));

const text = { type: 'string' };
const { values: options, positionals } = parseArgs({
  options: { key: text, 'trusted-root': text, identity: text },
  allowPositionals: true,
});
const byCertificate = options['trusted-root'] !== undefined;
const root = TrustedRoot.fromJSON(byCertificate ? read(options['trusted-root']) : {});
const key = byCertificate ? undefined : createPublicKey(readFileSync(options.key));
const trusted = toTrustMaterial(root, () => ({ publicKey: key, validFor: () => true }));
const unlogged = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: byCertificate ? 1 : 0 };
const policy = byCertificate ? { subjectAlternativeName: options.identity } : undefined;

const bundle = bundleFromJSON(read(positionals[0]));
new Verifier(trusted, unlogged).verify(toSignedEntity(bundle), policy);
process.stdout.write(bundle.content.dsseEnvelope.payload);
