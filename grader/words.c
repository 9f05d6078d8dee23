/* The table of sentences. One row holds both languages, so that neither is forgotten. */
#include "grader/words.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
static const struct word table[] = {
    /* -- verdicts of one case ------------------------------------------------------------------ */
    {"verdict_pass", "right", "正确"},
    {"verdict_wrong", "wrong", "错误"},
    {"verdict_runtime_error", "runtime error", "运行错误"},
    {"verdict_time_limit", "time limit", "超时"},
    {"verdict_memory_limit", "memory limit", "内存超限"},
    {"verdict_output_limit", "output limit", "输出超限"},
    {"verdict_forbidden_call", "forbidden call", "禁止的系统调用"},
    {"verdict_exited_early", "exited early", "提前退出"},
    {"verdict_not_run", "not run", "未运行"},

    /* -- the text report, in the order of a life ----------------------------------------------- */
    {"text_offline", "offline", "离线"},
    {"text_accepted", "#%lld accepted", "#%lld 已接收"},
    {"text_practice", "practice", "练习"},
    {"text_attempt_of", "  attempt %lld of %lld", "  第 %lld 次提交，共 %lld 次"},
    {"text_attempt", "  attempt %lld", "  第 %lld 次提交"},
    {"text_received", "received %s", "收到于 %s"},
    {"text_due", ", due %s", "，截止 %s"},
    {"text_late", ", %lld s late", "，迟到 %lld 秒"},
    {"text_back", "back to it: %s", "再次查看：%s"},
    {"text_queued", "queued", "排队"},
    {"text_in_line", "%lld%s in line", "第 %lld%s 位"},
    {"text_about", ", about %lld s", "，约 %lld 秒"},
    {"text_compiled", "compiled", "编译"},
    {"text_seconds", "%.1f s", "%.1f 秒"},
    {"text_no_warnings", ", no warnings", "，无警告"},
    {"text_warning", ", %lld warning", "，%lld 条警告"},
    {"text_warnings", ", %lld warnings", "，%lld 条警告"},
    {"text_compile_error", "compile error", "编译错误"},
    {"text_error", "%lld error. ", "%lld 个错误。"},
    {"text_errors", "%lld errors. ", "%lld 个错误。"},
    {"text_nothing_run", "Nothing was run.", "没有运行任何程序。"},
    {"text_same_compiler", "The same compiler, at home:  grader try %s %s\n", "在自己的机器上用同样的编译器：  grader try %s %s\n"},
    {"text_checking", "checking", "检查中"},
    {"text_checked", "checked", "检查"},
    {"text_cases_right", "%lld of %lld cases right", "正确 %lld 个，共 %lld 个用例"},
    {"text_worst", ", worst error %.2f of its bound", "，最大误差为允许值的 %.2f 倍"},
    {"text_comma", ", ", "，"},
    {"text_hidden", "%lld hidden", "%lld 个隐藏用例"},
    {"text_hidden_wrong", "%lld of %lld hidden wrong", "隐藏用例错 %lld 个，共 %lld 个"},
    {"text_rest_not_run", "rest not run", "其余未运行"},
    {"text_not_run", "not run", "未运行"},
    {"text_not_run_time", "not run: a second time-out ends the checking", "未运行：第二次超时后检查即终止"},
    {"text_nothing_visible", "hidden cases only: not part of practice", "只有隐藏用例：练习中不运行"},
    {"text_passed", "passed", "通过"},
    {"text_failed", "failed", "未通过"},
    {"text_not_timed_wrong", "not timed: speed counts once every case is right", "未计时：所有用例正确后才计速度分"},
    {"text_at_home", "Try at home:  grader try %s %s --case %s\n", "在自己的机器上重试：  grader try %s %s --case %s\n"},
    {"text_again", "This case alone:  grader try %s %s --case %s\n", "只运行这个用例：  grader try %s %s --case %s\n"},
    {"text_timed", "timed", "计时"},
    {"text_against", "against the plain C baseline, same inputs, taking turns", "与普通 C 基准程序比较：输入相同，轮流运行"},
    {"text_interval", "(%.2f to %.2f)", "（%.2f 至 %.2f）"},
    {"text_pairs", "%lld pairs", "%lld 对"},
    {"text_noisy", "noisy", "有干扰"},
    {"text_not_measured", "not measured", "未测得"},
    {"text_doubling", "every doubling earns %.3g points, full marks at %.3gx", "每快一倍得 %.3g 分，达到 %.3g 倍为满分"},
    {"text_no_target", "no target for this machine class yet: no speed points", "该机型尚无目标值：不计速度分"},
    {"text_unranked", "unranked: %s", "不计排名：%s"},
    {"text_not_timed_asked", "not timed: --no-timing", "未计时：--no-timing"},
    {"text_not_timed_here", "not timed: this worker measures no speed (%s)", "未计时：这台机器不测速（%s）"},
    {"text_not_timed_target", "not timed: no target for this machine class yet", "未计时：该机型尚无目标值"},
    {"text_best", "Your best so far: was %s, now %s.", "你的最好成绩：原为 %s，现为 %s。"},
    {"text_best_stays", "Your best so far stays %s; this one earned %s.", "你的最好成绩仍为 %s；本次为 %s。"},
    {"text_rank", " Rank %lld of %lld", " 排名第 %lld，共 %lld 人"},
    {"text_rank_shared", " (shared by %lld)", "（%lld 人并列）"},
    {"text_rank_end", ".", "。"},
    {"text_not_yet", "This is all so far: the grading is under way.", "目前只有这些：评分仍在进行。"},

    /* -- pages ----------------------------------------------------------------------------------- */
    {"page_skip", "Skip to the content", "跳到正文"},
    {"page_navigation", "Main", "主导航"},
    {"page_start", "Assignments", "作业"},
    {"page_help", "How to submit", "如何提交"},
    {"page_sign_in", "Sign in", "登录"},
    {"page_source", "Source", "源代码"},
    {"page_download", "Download", "下载"},
    {"page_speed", "How its speed was measured", "速度是如何测量的"},
    {"page_attempt", " · attempt %lld", " · 第 %lld 次提交"},
    {"page_position", ": number %lld in line", "：排在第 %lld 位"},
    {"page_score", "Score", "得分"},
    {"page_compiler", "The compiler says", "编译器输出"},
    {"page_groups", "Points", "得分明细"},
    {"page_group", "Group", "组"},
    {"page_points", "Points", "得分"},
    {"page_about", "About", "考察内容"},
    {"page_timing", "Speed", "速度"},
    {"page_case", "Case", "用例"},
    {"page_speedup", "Speed-up", "加速比"},
    {"page_interval", "Interval", "区间"},
    {"page_pairs", "Pairs", "对数"},
    {"page_picture", "from 0.5× to the target, mark at 1×", "从 0.5 倍到目标值，竖线为 1 倍"},
    {"page_cases", "Cases", "用例"},
    {"page_verdict", "Result", "结果"},
    {"page_error", "Error / bound", "误差 / 允许值"},
    {"page_as_text", "The report as text", "文本报告"},
    {"board_title", "Leaderboard", "排行榜"},
    {"board_empty", "Nobody has a measured speed yet.", "还没有人测得速度。"},
    {"board_rank", "Rank", "名次"},
    {"board_name", "Name", "名称"},
    {"board_when", "Received", "提交时间"},
    {"board_history", "Their best so far", "最好成绩的变化"},
    {"board_rule", "Ranked by the lower end of the interval; overlapping ones share a rank.", "按区间下限排名；区间重叠者并列。"},
    {"board_count", "%lld ranked on %s", "%lld 人有名次，机型 %s"},
    {"board_classes", "Machine classes:", "机型："},
    {"board_review", "waiting for a TA", "等待助教"},
    {"board_you", "you", "你"},
    {"board_more", "Show all", "显示全部"},
    {"page_board", "Leaderboard", "排行榜"},
    {"page_task", "Task", "题目"},
    {"page_kit", "Kit (.tar.gz)", "作业包 (.tar.gz)"},
    {"page_attempts", "Your submissions", "你的提交"},
    {"page_attempts_none", "You have not submitted anything here yet.", "你还没有提交。"},
    {"page_number", "Number", "编号"},
    {"page_received", "Received", "提交时间"},
    {"page_stage", "Stage", "状态"},
    {"page_dates", "Dates", "日期"},
    {"page_opens", "opens %s", "开放于 %s"},
    {"page_closes", "closes %s", "关闭于 %s"},
    {"page_due_at", "due %s", "截止 %s"},
    {"page_no_due", "no due date", "无截止日期"},
    {"page_attempts_max", "at most %lld attempts", "最多 %lld 次提交"},
    {"page_targets", "Full speed points at", "速度满分所需加速比"},
    {"page_target", "%s: %.3gx", "%s：%.3g 倍"},
    {"page_submit_so", "Submit", "提交"},
    {"page_assignment", "Assignment", "作业"},
    {"page_due", "Due", "截止"},
    {"page_best", "Best score", "最好成绩"},
    {"page_count", "Submissions", "提交次数"},
    {"page_welcome", "Kernel autograder", "内核作业自动评分"},
    {"page_welcome_text", "Write one C function, send it, and read within seconds whether it is right and how fast it is.", "写一个 C 函数并提交，几秒钟内就能知道是否正确、有多快。"},
    {"page_practice", "practice", "练习"},
    {"stage_received", "Received", "已接收"},
    {"stage_queued", "Waiting", "排队中"},
    {"stage_compiling", "Compiling", "编译中"},
    {"stage_checking", "Checking", "检查中"},
    {"stage_checked", "Checked; the speed measurement follows", "检查完成，接下来测速"},
    {"stage_timing", "Measuring speed", "测速中"},
    {"stage_graded", "Graded", "评分完成"},
    {"stage_compile_error", "Did not compile", "编译未通过"},
    {"stage_rejected", "Refused", "被拒绝"},
    {"stage_system_error", "Grading failed on our side", "评分系统自身出错"},
    {"stage_compiled_only", "Compiled; no GPU here to run it", "编译通过，但这里没有可运行它的 GPU"},
    {"stage_superseded", "A newer submission took its place", "已被更新的提交取代"},
    {"stage_cancelled", "Cancelled by a TA", "已被助教取消"},

    /* -- why a case failed --------------------------------------------------------------------- */
    {"text_first_wrong", "first wrong", "第一个错误"},
    {"text_case", "%s: case %s", "%s：用例 %s"},
    {"text_first_hidden", "first wrong: a hidden case of group %s (%s)\n", "第一个错误：%s 组的一个隐藏用例（%s）\n"},
    {"text_group_about", "this group is about: %s", "这一组考察：%s"},
    {"text_expected", "  expected %.6g", "  期望 %.6g"},
    {"text_got", "  got %.6g", "  得到 %.6g"},
    {"text_never_written", "  never written", "  从未写入"},
    {"text_error_allowed", "  error %s, allowed %s", "  误差 %s，允许 %s"},
    {"text_differ", ";  %lld of %lld elements differ", "；  %lld 个元素不符，共 %lld 个"},
    {"text_differ_alone", "  %lld of %lld elements differ", "  %lld 个元素不符，共 %lld 个"},
    {"text_where", "  where: ", "  位置： "},
    {"text_slab_right", "ok", "正确"},
    {"text_slab_some", "some rows", "部分行"},
    {"text_slab_all", "all rows", "所有行"},
    {"text_rows", "rows %lld to %lld of %lld", "第 %lld 至 %lld 行，共 %lld 行"},
    {"text_columns", "columns %lld to %lld of %lld", "第 %lld 至 %lld 列，共 %lld 列"},
    {"text_stopped_cpu", "  stopped after %.1f s of CPU time (limit %.1f s)\n", "  已用 CPU 时间 %.1f 秒后被终止（上限 %.1f 秒）\n"},
    {"text_stopped_wall", "  stopped after %.1f s of waiting (limit %.1f s)\n", "  等待 %.1f 秒后被终止（上限 %.1f 秒）\n"},
    {"text_memory", "  took more memory than its tensors and %lld MiB beside them\n", "  除张量外使用的内存超过 %lld MiB\n"},
    {"text_output", "  printed more than %lld KiB\n", "  打印的内容超过 %lld KiB\n"},
    {"text_forbidden", "your program asked the kernel for %s, which a kernel exercise never needs", "你的程序向系统内核请求了 %s，本作业不需要它"},
    {"text_some_call", "a system call", "某个系统调用"},
    {"text_allowed", "  allowed: memory, the threads this assignment grants (%lld), and printing\n", "  允许：内存、本作业给予的线程（%lld 个）以及打印\n"},
    {"text_no_accusation", "This is no accusation: it is a closed door, and nothing was read.", "这不是指责：门是关着的，什么都没有被读到。"},
    {"text_signal", "  ended by signal %lld (SIG%s)\n", "  被信号 %lld 终止（SIG%s）\n"},
    {"text_hint", "  hint:  ", "  提示： "},
    {"text_found", "  found: ", "  查出： "},
    {"text_printed", "  your program printed:", "  你的程序打印了："},

    /* -- what a diagnosis build found ------------------------------------------------------------ */
    {"found_line", "line %lld ", "第 %lld 行："},
    {"found_place", " (as indices: %s)", "（按下标即 %s）"},
    {"found_unnamed", "of your program", "（未命名）"},
    {"found_outside_tensor_read", "reads %s[%lld], but %s ends at index %lld", "读取 %s[%lld]，但 %s 的最后一个下标是 %lld"},
    {"found_outside_tensor_write", "writes %s[%lld], but %s ends at index %lld", "写入 %s[%lld]，但 %s 的最后一个下标是 %lld"},
    {"found_input_written", "writes %s[%lld], but %s is an input, and inputs are read-only", "写入 %s[%lld]，但 %s 是输入，输入是只读的"},
    {"found_outside_array_read", "reads outside the array %s: byte %lld, and it has only %lld", "读取越过了数组 %s：第 %lld 字节，而它只有 %lld 字节"},
    {"found_outside_array_write", "writes outside the array %s: byte %lld, and it has only %lld", "写入越过了数组 %s：第 %lld 字节，而它只有 %lld 字节"},
    {"found_outside_block_read", "reads outside memory from malloc: byte %lld of a block of %lld bytes", "读取越过了 malloc 的内存：第 %lld 字节，而该块只有 %lld 字节"},
    {"found_outside_block_write", "writes outside memory from malloc: byte %lld of a block of %lld bytes", "写入越过了 malloc 的内存：第 %lld 字节，而该块只有 %lld 字节"},
    {"found_freed_block", "uses memory that was given back with free()", "使用了已被 free() 释放的内存"},
    {"found_bad_free", "frees what malloc did not give, or frees it twice", "释放了并非 malloc 给出的内存，或释放了两次"},
    {"found_null_pointer_read", "reads through a null pointer", "通过空指针读取"},
    {"found_null_pointer_write", "writes through a null pointer", "通过空指针写入"},
    {"found_wild_pointer_read", "reads where there is no memory: a wrong pointer, or an index far outside", "读取的地址没有内存：指针错误，或下标远远越界"},
    {"found_wild_pointer_write", "writes where there is no memory: a wrong pointer, or an index far outside", "写入的地址没有内存：指针错误，或下标远远越界"},
    {"found_stack_full", "fills the stack: recursion without an end, or local arrays that are too large", "用尽了栈：无限递归，或局部数组过大"},
    {"found_unset_tensor", "reads %s[%lld] before anything was written there", "读取了 %s[%lld]，但那里还从未写入"},
    {"found_unset_array", "reads an element of the local array %s that was never set", "读取了局部数组 %s 中从未赋值的元素"},
    {"found_unset_block", "reads memory from malloc that was never set", "读取了 malloc 得到但从未赋值的内存"},
    {"found_index", "uses the index %lld, outside of an array %s", "使用了下标 %lld，超出了数组 %s"},
    {"found_signed_overflow", "computes a value that does not fit the type %s", "计算结果超出了类型 %s 的范围"},
    {"found_division_by_zero", "divides an integer by zero", "整数除以零"},
    {"found_division_overflow", "divides the smallest integer by -1: the result does not fit", "最小的整数除以 -1：结果超出范围"},
    {"found_shift", "shifts by %lld bits a value of type %s that has fewer, or is negative", "移位 %lld 位，超出了类型 %s 的位数，或值为负"},
    {"found_length", "makes an array of length %lld", "定义了长度为 %lld 的数组"},
    {"found_float_to_integer", "converts a float that does not fit (or NaN) to the type %s", "把放不下的浮点数（或 NaN）转换成类型 %s"},
    {"found_misaligned", "uses an aligned vector access at an address that is not aligned: loadu and storeu do not mind", "对未对齐的地址使用了对齐的向量访问：请用 loadu 和 storeu"},
    {"found_illegal_instruction", "is an instruction that this machine does not have, or a place that the program says is never reached", "是本机没有的指令，或程序声称永远不会到达的位置"},

    /* -- the last line; it always begins "Score" or "No score", in every language ---------------- */
    {"text_no_score_compile", "did not compile.", "编译未通过。"},
    {"text_no_score_rejected", "%s.", "%s"},
    {"text_no_score_system", "grading failed on our side.", "评分系统自身出错。"},
    {"text_no_score_compiled_only", "compiled; no GPU here to run it.", "编译通过，但这里没有可运行它的 GPU。"},
    {"text_no_score_superseded", "a newer submission took its place.", "已被你更新的提交取代。"},
    {"text_no_score_cancelled", "cancelled by a TA.", "已被助教取消。"},
    {"text_no_score_case_right", "only case %s was run; it is right.", "只运行了用例 %s；结果正确。"},
    {"text_no_score_case_wrong", "only case %s was run; it is not right.", "只运行了用例 %s；结果不正确。"},
    {"text_no_score_practice", "this was practice. No attempt used.", "这是练习，不消耗提交次数。"},
    {"text_attempts_so_far", " No attempt used (%lld of %lld so far).", " 未消耗提交次数（已用 %lld 次，共 %lld 次）。"},
    {"text_no_attempt", " No attempt used.", " 未消耗提交次数。"},

    /* -- the speed page ------------------------------------------------------------------------ */
    {"speed_class", "  class %s  worker %s", "  机型 %s  机器 %s"},
    {"speed_slower", "slower | faster", "  较慢 | 较快"},
    {"speed_case", "case", "用例"},
    {"speed_pairs", "pairs", "对数"},
    {"speed_interval", "speed-up  95%% interval", "加速比    95%% 区间"},
    {"speed_together", "together", "合计"},
    {"speed_legend", "  yours is a bar '=' as wide as its interval; 1x baseline, %.3gx full marks\n", "  '=' 是你的结果，宽度为其区间；1x 为基准，%.3gx 为满分\n"},
    {"speed_legend_no_target", "  yours is a bar '=' as wide as its interval; 1x is the baseline\n", "  '=' 是你的结果，宽度为其区间；1x 为基准\n"},
    {"speed_meaning", "what it means", "含义"},
    {"speed_rate", "  %.3g ms for %s", "  %.3g 毫秒（%s）"},
    {"speed_traffic", ", at least %.2g GB/s of memory traffic", "，内存流量至少 %.2g GB/s"},
    {"speed_full", "  full marks: nothing more to earn here\n", "  已得满分\n"},
    {"speed_below", "  points begin where you are faster than the baseline\n", "  比基准程序快才开始得分\n"},
    {"speed_next", "  next doubling: +%.3g points\n", "  再快一倍：+%.3g 分\n"},
    {"speed_method", "how it was measured\n  your code and the baseline took turns (A B B A) on one pinned core,\n  %lld pairs, fresh inputs each time, every timed output checked\n", "测量方法\n  你的代码与基准程序在同一个绑定的核心上轮流运行（A B B A），\n  共 %lld 对，每次输入都是新的，每个计时输出都经过检查\n"},
    {"speed_quiet", "noisy  no", "干扰  无"},
    {"speed_noisy", "noisy  yes", "干扰  有"},
    {"speed_retime", "the machine was busy: the interval is wider than 2 %%. Ask for a re-run with `curl -n -X POST HOST/s/%lld/retime`; it costs no attempt and replaces the timing only if it is quieter.", "机器繁忙：区间宽于 2 %%。可用 `curl -n -X POST HOST/s/%lld/retime` 申请重新计时；不消耗提交次数，只有更安静时才会替换原计时。"},
    {"speed_none", "nothing was timed.", "没有计时。"},

    /* -- messages of final stages -------------------------------------------------------------- */
    {"compile_error_message", "the file did not compile", "文件未能通过编译"},
    {"compiled_only_message", "it compiled; there is no such device here to run it", "编译通过；这里没有可运行它的设备"},
    {"source_empty", "%s is empty", "%s 是空的"},
    {"system_error_message", "grading failed on our side; it costs no attempt", "评分系统自身出错；不消耗提交次数"},

    /* -- hints: codes of compiling and auditing -------------------------------------------------- */
    {"refused_section", "plain functions and static data are all that a kernel needs;\nconstructors, ifuncs and own sections are closed doors here.", "内核只需要普通函数和静态数据；构造函数、ifunc 和自定义段在这里不被允许。"},
    {"refused_symbol", "declare functions and data in plain C, without attributes or assembler directives.", "请用普通 C 声明函数和数据，不要使用属性或汇编指令。"},
    {"refused_name", "rename it: the name is taken by the program around your function.", "请改名：这个名字已被外围程序占用。"},
    {"refused_object", "inline assembly or attributes made an object that cannot be linked.\nRemove them.", "内联汇编或属性生成了无法链接的目标文件。请将其删除。"},
    {"undefined_name", "the C library here is small: memory, strings, math, printing.\nFiles, time, processes and the network are left out.", "这里的 C 库很小：内存、字符串、数学、打印。没有文件、时间、进程和网络。"},
    {"missing_function", "keep the name and the parameters exactly as in the header of the kit.", "函数名和参数必须与作业头文件完全一致。"},
    {"static_too_large", "the header states the largest sizes: static scratch needs no more than these.", "头文件写明了最大尺寸：静态缓冲区不需要更大。"},
    {"compile_limit", "the compiler ran out of time, memory or output. Large macros, deep\ntemplates of includes and giant tables do that.", "编译器用尽了时间、内存或输出。常见原因是大宏、层层包含或巨型表格。"},

    /* -- hints: what the error pattern looks like ------------------------------------------------ */
    {"unwritten", "some elements were never written. Does a loop stop too early, or skip the tail?", "有些元素从未写入。循环是否提前结束，或漏掉了尾部？"},
    {"nan", "the result is NaN or infinite. Look for 0/0, the logarithm or square root of a negative number, and exp() of something large.", "结果是 NaN 或无穷大。请检查 0/0、负数的对数或平方根，以及对大数求 exp()。"},
    {"infinite", "the result overflows. Subtract the maximum before exp(), or scale first.", "结果溢出。请在 exp() 之前减去最大值，或先缩放。"},
    {"zero_output", "every element is zero. Is the result stored, and in the right array?", "所有元素都是零。结果是否写入了正确的数组？"},
    {"transposed", "the values are right, at the transposed place: two indices are exchanged.", "数值正确，但位置转置了：两个下标写反了。"},
    {"kvlen_ignored", "right when kvlen equals Tk, wrong when it is smaller.\nDoes your softmax skip the keys from kvlen[b] on?", "kvlen 等于 Tk 时正确，较小时错误。softmax 是否跳过了 kvlen[b] 之后的键？"},
    {"ignored", "right where an integer input has its largest value, wrong where it is smaller. Is it used, and the one that belongs to each row?", "整数输入取最大值时正确，较小时错误。是否用到了它，并且用的是每行自己的值？"},
    {"tail", "only the last few elements are wrong. Does a step of 4, 8 or 16 leave the rest out?", "只有最后几个元素错误。步长为 4、8 或 16 的循环是否漏掉了余数？"},
    {"scale", "every element is off by the same factor. Look for a missing or doubled scale.", "所有元素都差同一个倍数。请检查是否缺少或重复了缩放。"},
    {"offset", "every element is off by the same amount. Look for a missing bias or zero point.", "所有元素都差同一个量。请检查是否缺少偏置或零点。"},
    {"sign", "the values are right but for their sign.", "数值正确，但符号相反。"},
    {"second_call", "the first call is right, the second is wrong. Static variables and accumulators must start afresh in each call.", "第一次调用正确，第二次错误。静态变量和累加器在每次调用时都要重新初始化。"},
    {"rounding", "off by one at most: the rounding. Halves go to the even neighbour (rintf, lrintf), then the zero point is added, then the result saturates.", "最多差一：是舍入方式的问题。恰为一半时取偶数（rintf、lrintf），然后加零点，最后饱和。"},
    {"precision", "close, but not within the bound: too little precision inside. bf16, fp16 and tf32 products are not enough; sum in float or better.", "接近，但超出误差界：内部精度不足。不允许 bf16、fp16 和 tf32 乘法；请用 float 或更高精度累加。"},
    {"loop_endless", "that looks like a loop that never ends, rather than slow code.\nIf the sizes are odd: does a step of 4 or 8 jump over its end?", "这更像是死循环，而不是代码慢。若尺寸为奇数：步长 4 或 8 是否跳过了终点？"},
    {"waiting", "it waits instead of computing: sleeping, or a lock that nobody gives back.", "它在等待而不是计算：睡眠，或等一把没有人归还的锁。"},
    {"memory_limit", "scratch should be no larger than the tensors. Is every malloc freed, and its size right?", "临时内存不应大于张量。每个 malloc 的大小是否正确，是否都已释放？"},
    {"output_flood", "remove the printing from inner loops.", "请删除内层循环中的打印语句。"},
    {"forbidden_call", "fopen, system, time and file-reading helpers all end here.\nRemove them; inputs arrive as arguments.", "fopen、system、time 以及读文件的函数都会在此终止。请删除它们；输入由参数传入。"},
    {"exited_early", "return from the function instead of calling exit(), abort() or longjmp().", "请从函数返回，不要调用 exit()、abort() 或 longjmp()。"},
    {"stack_overflow", "the stack is full: large local arrays or endless recursion. Use static scratch.", "栈已用尽：局部数组过大或无限递归。请使用静态缓冲区。"},
    {"illegal_instruction", "either a pragma, an attribute or assembler asks for instructions of a newer processor (the class is in the report), or the program came where the compiler holds that nobody comes: a division by zero, a null pointer, an end without return.", "要么 pragma、属性或汇编使用了更新处理器的指令（机型见报告），要么程序走到了编译器认为不可能到达的地方：除以零、空指针，或缺少 return。"},
    {"abort", "abort() or a failed assert.", "调用了 abort() 或断言失败。"},
    {"bus_error", "an access outside a mapped array. Check the index arithmetic.", "访问超出了映射的数组。请检查下标计算。"},
    {"division_by_zero", "an integer division by zero, or INT_MIN / -1.", "整数除以零，或 INT_MIN / -1。"},
    {"segfault", "look at the first and last iteration of each loop, and at what is stored through an input.", "请检查每个循环的首次和最后一次迭代，以及是否通过输入指针写入。"},

    /* -- one-line refusals, INTERFACE 3.7, without the number ------------------------------------ */
    {"http_400_empty", "%s is empty. Send the .c file itself: curl -n -T %s HOST/submit/%s", "%s 是空的。请发送 .c 文件本身：curl -n -T %s HOST/submit/%s"},
    {"http_401", "no valid token. Put one line into ~/.netrc (machine HOST login YOU password TOKEN) and use curl -n", "没有有效的令牌。请在 ~/.netrc 中写一行（machine HOST login YOU password TOKEN），并使用 curl -n"},
    {"http_403", "this token belongs to %s, which ended on %s. Ask your TA", "此令牌属于 %s，该课程已于 %s 结束。请联系助教"},
    {"http_403_role", "this needs the role %s; your token has the role %s. Ask your TA", "此操作需要角色 %s；你的令牌角色是 %s。请联系助教"},
    {"http_404", "no assignment '%s'. Did you mean %s? Open now: %s", "没有作业“%s”。你是指 %s 吗？当前开放：%s"},
    {"http_404_list", "no assignment '%s'. Open now: %s", "没有作业“%s”。当前开放：%s"},
    {"http_404_submission", "no submission #%lld of yours", "你没有编号为 #%lld 的提交"},
    {"http_400_for", "a git server's key submits for somebody: add ?for=LOGIN", "git 服务器的密钥须代某人提交：请加上 ?for=LOGIN"},
    {"http_403_for", "only a git server's key may submit for somebody else", "只有 git 服务器的密钥可以代他人提交"},
    {"http_404_for", "no '%s' in %s; the login of the git server and of the course must be the same", "“%s”不在课程 %s 中；git 服务器与课程的登录名必须相同"},
    {"http_403_board", "this leaderboard is for TAs only", "此排行榜仅助教可见"},
    {"http_404_offering", "no such assignment in a cohort of yours; GET / lists what there is", "你的课程中没有这个作业；GET / 会列出所有作业"},
    {"http_409", "%s closed %s; you sent this %s (%lld s late). Nothing was stored", "%s 已于 %s 截止；你的发送时间为 %s（迟到 %lld 秒）。没有保存任何内容"},
    {"http_413", "%s is %lld KiB; the limit is %lld KiB", "%s 有 %lld KiB；上限为 %lld KiB"},
    {"http_415", "curl -d strips the line breaks from your file. Use: curl -n -T %s HOST/submit/%s", "curl -d 会去掉文件中的换行。请使用：curl -n -T %s HOST/submit/%s"},
    {"http_422_nul", "%s holds a NUL byte at offset %lld: this looks like a compiled file. Send the .c", "%s 在偏移 %lld 处有 NUL 字节：这像是编译后的文件。请发送 .c 文件"},
    {"http_422_utf8", "%s is no UTF-8 text: the byte at offset %lld does not fit. Save it as UTF-8", "%s 不是 UTF-8 文本：偏移 %lld 处的字节不合法。请另存为 UTF-8"},
    {"http_429", "%lld submissions in the last %lld minutes; the next is possible in %lld s. Nothing was stored", "最近已有 %lld 次提交（%lld 分钟内）；%lld 秒后可再次提交。没有保存任何内容"},
    {"http_503", "full house: %lld waiting. Nothing was stored; try again in %lld s. Your deadline is held open for you", "队列已满：%lld 个在等待。没有保存任何内容；请在 %lld 秒后重试。你的截止时间会为你保留"},
};
/* clang-format on */

const char *words_find(const char *code, enum language language)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].code, code) == 0)
            return language == LANGUAGE_ZH ? table[i].zh : table[i].en;
    return NULL;
}

const char *words_of(const char *code, enum language language)
{
    const char *found = words_find(code, language);
    return found != NULL ? found : code;
}

void words_put(struct buf *out, enum language language, const char *code, ...)
{
    va_list arguments;
    va_start(arguments, code);
    const char *sentence = words_find(code, language);
    if (sentence != NULL)
        buf_vprintf(out, sentence, arguments);
    else
        buf_text(out, code); /* never as a format: it may be anything */
    va_end(arguments);
}

enum language words_language(const char *accept_language, const char *lang_parameter)
{
    const char *wish = lang_parameter != NULL ? lang_parameter : accept_language;
    if (wish == NULL)
        return LANGUAGE_EN;
    wish += strspn(wish, " \t");
    bool chinese = strncasecmp(wish, "zh", 2) == 0 && strchr("-_,; ", wish[2]) != NULL;
    return chinese ? LANGUAGE_ZH : LANGUAGE_EN;
}

const struct word *words_all(size_t *out_count)
{
    *out_count = COUNT(table);
    return table;
}
