// Types, bundle, index.html and manifest, into ../static. It is built beside and moved into place whole,
// so that a server never serves half of it. Only Node's own modules: it runs the same on Windows.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const UI = dirname(fileURLToPath(import.meta.url));
const STATIC = join(UI, '..', 'static');
const ICON = join(UI, '..', '..', '..', 'assets', 'jumpseat.svg');
const WORTH_PACKING = 1024; // bytes

function checkTypes() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', UI], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

async function bundle(out) {
  const { metafile } = await esbuild.build({
    absWorkingDir: UI,
    entryPoints: { main: 'src/main.tsx' },
    outdir: join(out, 'assets'),
    entryNames: '[name].[hash]',
    chunkNames: '[name].[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['chrome100', 'firefox100', 'safari15.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return metafile.outputs;
}

/** `<link>` and `<script>` for the entry; what it imports at once is fetched at once. */
function links(outputs, icon) {
  const url = (path) => `/assets/${basename(path)}`;
  const [path, entry] = Object.entries(outputs).find(([, output]) => output.entryPoint === 'src/main.tsx');
  const needed = entry.imports.filter((one) => one.kind === 'import-statement').map((one) => one.path);
  return [
    `<link rel="icon" type="image/svg+xml" href="/assets/${icon}">`,
    `<link rel="stylesheet" href="${url(entry.cssBundle)}">`,
    ...needed.map((one) => `<link rel="modulepreload" href="${url(one)}">`),
    `<script type="module" src="${url(path)}"></script>`,
  ].join('\n');
}

function addIcon(out) {
  const drawing = readFileSync(ICON);
  const name = `jumpseat.${createHash('sha256').update(drawing).digest('hex').slice(0, 8)}.svg`;
  writeFileSync(join(out, 'assets', name), drawing);
  return name;
}

/** Packs the large texts beside themselves and tells the size of each file. */
function pack(assets) {
  const files = {};
  for (const name of readdirSync(assets).sort()) {
    const text = readFileSync(join(assets, name));
    files[`assets/${name}`] = text.length;
    if (text.length > WORTH_PACKING) writeFileSync(join(assets, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
  return files;
}

checkTypes();
mkdirSync(STATIC, { recursive: true });
const out = mkdtempSync(join(UI, '..', '.static-'));
try {
  const outputs = await bundle(out);
  const icon = addIcon(out);
  const shell = readFileSync(join(UI, 'index.html'), 'utf8').replace('<!--links-->', links(outputs, icon));
  const files = pack(join(out, 'assets'));
  writeFileSync(join(out, 'manifest.json'), JSON.stringify({ files }, null, 1));
  writeFileSync(join(out, 'index.html'), shell);
  replace(out);
  const total = Object.values(files).reduce((sum, size) => sum + size, 0);
  const kilobytes = (bytes) => `${Math.round(bytes / 1024)} kB`;
  console.log(`${Object.keys(files).length} files, ${kilobytes(total)}; to begin with ${kilobytes(firstLoad(out, shell))} packed`);
} finally {
  rmSync(out, { recursive: true, force: true });
}

/** Packed bytes of what the shell itself asks for. */
function firstLoad(made, shell) {
  const names = [...shell.matchAll(/(?:href|src)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((found) => join(made, found[1]));
  return names.reduce((sum, name) => sum + gzipSync(readFileSync(name)).length, 0);
}

/** New assets first, then the page that names them, then the old assets go. */
function replace(made) {
  cpSync(join(made, 'assets'), join(STATIC, 'assets'), { recursive: true });
  for (const name of ['manifest.json', 'index.html']) cpSync(join(made, name), join(STATIC, name));
  const kept = new Set(readdirSync(join(made, 'assets')));
  for (const name of readdirSync(join(STATIC, 'assets'))) {
    const old = join(STATIC, 'assets', name);
    if (!kept.has(name) && Date.now() - statSync(old).mtimeMs > 60_000) rmSync(old);
  }
}
