// One format of template and nothing to freeze or to ignore: each saves Eleventy some work.
module.exports = (config) => {
  config.setFreezeReservedData(false);
  config.setUseGitIgnore(false);
  config.setTemplateFormats(["11ty.js"]);
  return { dir: { input: "src", output: "_site" } };
};
