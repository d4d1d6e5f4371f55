// Before a console is loaded: does this browser belong to the telephone's pages? See src/lib/shell.ts.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('ekamling.shell');
  } catch {
    // A browser that forbids it merely forgets.
  }
  const telephone = matchMedia('(pointer: coarse) and (max-width: 600px), (pointer: coarse) and (max-height: 500px)');
  if (choice === 'phone' || (choice !== 'console' && telephone.matches)) {
    location.replace(`/m${location.search}${location.hash}`);
  }
})();
