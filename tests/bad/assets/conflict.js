// at: assets/conflict.js
// expect: 3 conflict: >>>>>>> theirs
>>>>>>> theirs
