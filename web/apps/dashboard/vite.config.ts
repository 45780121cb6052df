// One page at /admin, its parts under /admin/assets with names that change with their content. In development the
// program that KILAT_HTTP and KILAT_WS name answers for everything else.

import { defineConfig } from "vite";

const http = process.env["KILAT_HTTP"] ?? "http://127.0.0.1:3000";
const ws = process.env["KILAT_WS"] ?? http.replace(/^http/, "ws").replace(/:3000$/, ":3001");

export default defineConfig({
  base: "/admin/",
  // The packages are tested under several; the page has one.
  resolve: { dedupe: ["react", "react-dom"] },
  build: {
    target: "es2022",
    // The policy of the page allows no data: in fonts and styles, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    // What the bundle contains of others, with their licences: it is part of what is given away.
    license: { fileName: "assets/licences.txt" },
    rolldownOptions: {
      output: {
        // A page's chunk is called as the page is: errors and lists of files say which.
        chunkFileNames: ({ facadeModuleId, name }) => {
          const page = facadeModuleId?.match(/pages\/(\w+)\/page\.tsx$/)?.[1];
          return `assets/${page ?? name}-[hash].js`;
        },
      },
    },
  },
  server: {
    // The page's own origin goes through unchanged, so that the program takes the calls for its own page's.
    proxy: { "/api": { target: http }, "/ws": { target: ws, ws: true } },
  },
});
