export default {
  build: {
    outDir: "vite",
    target: "es2022",
    rollupOptions: { input: "main.mjs", output: { entryFileNames: "main.mjs" } },
  },
};
