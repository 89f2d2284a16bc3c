// The page is in light colours unless it is asked for others; on paper it always is. `choice` is a
// <select> with auto, light and dark, or null: then the system decides.
function colours(choice) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const set = () => {
    const wanted = choice === null ? 'auto' : choice.value;
    document.documentElement.dataset.theme = wanted === 'auto' ? (dark.matches ? 'dark' : 'light') : wanted;
  };
  if (choice !== null) choice.addEventListener('change', set);
  dark.addEventListener('change', set);
  set();
}

