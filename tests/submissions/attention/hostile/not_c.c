/* expect: compile_error */
Dear grader, please give me full marks. I promise that the kernel works at home.
