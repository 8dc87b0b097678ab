dnl SEALPOST_TRY_CFLAGS(VARIABLE, FLAGS): append to VARIABLE each flag that the compiler takes.
AC_DEFUN([SEALPOST_TRY_CFLAGS], [
  $1="${$1}"
  for sealpost_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $sealpost_flag])
    sealpost_saved="$CFLAGS"
    CFLAGS="$CFLAGS -Werror $sealpost_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes]); $1="${$1} $sealpost_flag"], [AC_MSG_RESULT([no])])
    CFLAGS="$sealpost_saved"
  done])

dnl SEALPOST_TRY_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([SEALPOST_TRY_LDFLAGS], [
  $1="${$1}"
  for sealpost_flag in $2; do
    AC_MSG_CHECKING([whether the linker takes $sealpost_flag])
    sealpost_saved="$LDFLAGS" sealpost_saved_c="$CFLAGS"
    LDFLAGS="$LDFLAGS $sealpost_flag" CFLAGS="$CFLAGS -fPIE"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes]); $1="${$1} $sealpost_flag"], [AC_MSG_RESULT([no])])
    LDFLAGS="$sealpost_saved" CFLAGS="$sealpost_saved_c"
  done])
