@echo off
rem Parallite: finds Java 25 or newer and runs the daemon on it.
rem
rem   PARALLITE_JAVA        the home directory of the Java to use (default: JAVA_HOME, the java on the PATH)
rem   PARALLITE_JAVA_OPTS   options for it, after those of lib\jvm.options, e.g. -Xmx256m
setlocal
for %%d in ("%~dp0..") do set "home=%%~fd"
set "lib=%home%\lib"

set "java="
if defined PARALLITE_JAVA (
    if exist "%PARALLITE_JAVA%\bin\java.exe" set "java=%PARALLITE_JAVA%\bin\java.exe"
    goto found
)
if defined JAVA_HOME call :look_at "%JAVA_HOME%"
if defined java goto found
for %%j in (java.exe) do if not "%%~$PATH:j"=="" call :look_at "%%~dp$PATH:j.."
if defined java goto found
for /d %%d in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\jdk*") do call :look_at "%%~fd"

:found
if not defined java (
    echo parallite: no Java 25 or newer found; install one, or set PARALLITE_JAVA to its home 1>&2
    exit /b 78
)
"%java%" "@%lib%\jvm.options" %PARALLITE_JAVA_OPTS% "-Dparallite.home=%home%" -jar "%lib%\quarkus-run.jar" %*
exit /b %ERRORLEVEL%

rem Sets java when the Java in directory %1 is new enough.
:look_at
if not exist "%~1\bin\java.exe" exit /b
if not exist "%~1\release" exit /b
set "version=0"
for /f "usebackq tokens=2 delims==." %%v in (`findstr /b "JAVA_VERSION=" "%~1\release"`) do set "version=%%v"
set "version=%version:"=%"
if %version% geq 25 set "java=%~1\bin\java.exe"
exit /b
