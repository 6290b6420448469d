import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Builds what the HTML report is made of: one file, with its code and its style in it, and nothing from elsewhere. */
export default defineConfig({
  root: root('src/report/page'),
  base: './',
  logLevel: 'warn',
  plugins: [inOneFile()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: root('dist/report'),
    // Beside it lies what the compiler has written.
    emptyOutDir: false,
    target: 'es2022',
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    modulePreload: false,
    cssCodeSplit: false,
    assetsDir: 'page-assets',
    rolldownOptions: { output: { format: 'iife' } },
  },
});

/** Puts code and style into the page, allows these by their hashes, and nothing else. */
function inOneFile(): Plugin {
  return {
    name: 'in-one-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      let code = '';
      let style = '';
      let page = '';
      for (const [name, output] of Object.entries(bundle)) {
        if (output.type === 'chunk') code += output.code;
        else if (name.endsWith('.css')) style += String(output.source);
        else if (name.endsWith('.html')) page = String(output.source);
        delete bundle[name];
      }
      code = code.trim();
      style = style.trim();
      if (/<\/script|<!--/i.test(code) || /<\/style/i.test(style))
        this.error('the code or the style of the page would end its own element');
      const policy = [
        "default-src 'none'",
        `script-src '${hash(code)}'`,
        `style-src '${hash(style)}'`,
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; ');
      // What is inserted is code: a function, since `$` in a text would have a meaning of its own.
      const source = page
        .replace(/\s*<script [^>]*src=[^>]*><\/script>/g, '')
        .replace(/\s*<link [^>]*rel="stylesheet"[^>]*>/g, '')
        .replace('<!--policy-->', () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
        .replace('</head>', () => `<style>${style}</style>\n  </head>`)
        .replace('<!--details-->', () => `<script>${code}</script>\n    <!--details-->`);
      this.emitFile({ type: 'asset', fileName: 'page.html', source });
    },
    closeBundle() {
      rmSync(root('dist/report/page-assets'), { recursive: true, force: true });
    },
  };
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
